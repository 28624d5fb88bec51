namespace Udf.Worker;

/// <summary>A wait for a worker took longer than its limit.</summary>
public sealed class WorkerTimeoutException : WorkerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was waited for, on which worker, and what to do.</param>
    /// <param name="timeout">The limit.</param>
    /// <param name="setting">The option or field of the specification that decides the limit.</param>
    /// <param name="innerException">The cause, if it was an exception.</param>
    /// <param name="isTransient">Whether another attempt may succeed.</param>
    public WorkerTimeoutException(string message, TimeSpan timeout, string setting, Exception? innerException = null, bool isTransient = true)
        : base(message, innerException)
    {
        IsTransient = isTransient;
        Timeout = timeout;
        Setting = setting;
    }

    /// <summary>The limit that has passed.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>The option or field of the specification that decides <see cref="Timeout"/>.</summary>
    public string Setting { get; }

    /// <summary>How the worker ended, if this library ended it because of this timeout and it has ended since; otherwise <see langword="null"/>.</summary>
    public WorkerExit? Exit { get; init; }

    /// <summary>
    /// Usually <see langword="true"/>: a worker that was slow once may be fast the next time. <see langword="false"/> where the timeout is remembered and nothing is tried again,
    /// as for the installation of an environment.
    /// </summary>
    public override bool IsTransient { get; }
}
