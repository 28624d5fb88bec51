namespace Udf.Worker.Direct.Internal;

/// <summary>How one run of a callable ended. Exactly one of the three: it has an exit, it timed out, or it was never started.</summary>
internal sealed record CallableResult
{
    /// <summary>How the process ended by itself; <see langword="null"/> if it did not.</summary>
    public WorkerExit? Exit { get; init; }

    /// <summary>Whether it was killed because it took too long.</summary>
    public bool TimedOut { get; init; }

    /// <summary>Why it was not started; <see langword="null"/> if it was.</summary>
    public string? StartFailure { get; init; }

    /// <summary>What the start failed with.</summary>
    public Exception? StartException { get; init; }

    /// <summary>The last lines of its output, or <see langword="null"/>.</summary>
    public string? OutputTail { get; init; }

    /// <summary>Whether it did what it was to do.</summary>
    public bool Succeeded => Exit is { ExitCode: 0 };
}
