namespace Udf.Worker.Host.Internal;

/// <summary>How a worker has ended.</summary>
/// <param name="ExitCode">What its process exits with.</param>
/// <param name="Reason">Why.</param>
/// <param name="FunctionsReturned">Whether every function has returned; one that has not may run for ever.</param>
internal sealed record WorkerEnd(int ExitCode, string Reason, bool FunctionsReturned);
