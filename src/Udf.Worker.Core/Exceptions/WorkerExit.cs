namespace Udf.Worker;

/// <summary>How a worker process ended.</summary>
/// <param name="ExitCode">The exit code that the process gave itself, or <see langword="null"/> if a signal ended it.</param>
/// <param name="Signal">The name of the signal that ended it, such as <c>SIGKILL</c>, or <see langword="null"/> if it exited by itself.</param>
/// <param name="EndedByHost">Whether this library ended it.</param>
/// <param name="Reason">Why this library ended it; <see langword="null"/> if it did not.</param>
public sealed record WorkerExit(int? ExitCode, string? Signal, bool EndedByHost = false, string? Reason = null)
{
    /// <summary>The end in words, to stand after "the worker": <c>exited with code 42</c>, <c>was ended by SIGKILL from outside …</c>.</summary>
    public override string ToString() => (Signal, EndedByHost) switch
    {
        (null, false) => $"exited with code {ExitCode}",
        (null, true) => $"exited with code {ExitCode} after this host ended it ({Reason})",
        ("SIGKILL", false) => "was ended by SIGKILL from outside (the usual suspect is the memory killer of the system)",
        (_, false) => $"was ended by {Signal} from outside or by its own fault",
        (_, true) => $"was ended by this host with {Signal} ({Reason})",
    };
}
