namespace Udf.Worker.Direct.Internal;

/// <summary>What came of asking for a lock: it was given, or it cannot be had at all, or, with neither, another has it.</summary>
/// <param name="Held">The lock, to be disposed.</param>
/// <param name="Problem">Why there can be no lock, as a sentence.</param>
internal readonly record struct LockAttempt(FileLock? Held, string? Problem) : IDisposable
{
    /// <summary>Another process, or another dispatcher of this one, has it.</summary>
    public bool IsTaken => Held is null && Problem is null;

    public void Dispose() => Held?.Dispose();
}
