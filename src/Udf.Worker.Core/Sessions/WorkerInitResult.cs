namespace Udf.Worker;

/// <summary>The worker's answer to a successful init.</summary>
/// <param name="Data">What the function answered, or <see langword="null"/> if it answered nothing.</param>
public sealed record WorkerInitResult(ReadOnlyMemory<byte>? Data = null);
