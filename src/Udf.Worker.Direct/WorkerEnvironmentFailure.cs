using System.ComponentModel;
using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct;

/// <summary>
/// A callable of an environment that has failed, for <see cref="DirectWorkerOptions.IsTransientEnvironmentFailure"/> to judge. It has one of: an <see cref="Exit"/>, a <see cref="StartException"/>,
/// or it <see cref="TimedOut"/>.
/// </summary>
public sealed record WorkerEnvironmentFailure
{
    /// <summary>The exit code by which a callable says that another attempt may succeed: <c>EX_TEMPFAIL</c> of <c>sysexits.h</c>.</summary>
    public const int TemporaryFailureExitCode = 75;

    /// <summary>The callable.</summary>
    public required WorkerEnvironmentStep Step { get; init; }

    /// <summary>How it ended by itself; <see langword="null"/> if it did not.</summary>
    public WorkerExit? Exit { get; init; }

    /// <summary>What its start failed with, such as a <see cref="Win32Exception"/> with the error code of the system; <see langword="null"/> if it was started.</summary>
    public Exception? StartException { get; init; }

    /// <summary>Whether it was killed because it exceeded <see cref="DirectWorkerOptions.CallableTimeout"/>.</summary>
    public bool TimedOut { get; init; }

    /// <summary>The last lines that it wrote, or <see langword="null"/> if it wrote none.</summary>
    public string? OutputTail { get; init; }

    /// <summary>
    /// The default policy: transient are exit code <see cref="TemporaryFailureExitCode"/>, and a start that the system refused for lack of resources (<c>EAGAIN</c>, <c>ENOMEM</c>, <c>EMFILE</c>,
    /// <c>ENFILE</c>). For a policy of one's own to fall back on.
    /// </summary>
    /// <param name="failure">The failure.</param>
    /// <returns>Whether another attempt may succeed.</returns>
    public static bool IsTransientByDefault(WorkerEnvironmentFailure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure.Exit is { ExitCode: TemporaryFailureExitCode } || (failure.StartException is Win32Exception refusal && LaunchFailure.IsTransient(refusal));
    }
}
