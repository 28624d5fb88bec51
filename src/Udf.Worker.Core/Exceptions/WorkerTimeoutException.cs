namespace Udf.Worker;

/// <summary>A wait for a worker took longer than its limit.</summary>
public sealed class WorkerTimeoutException : WorkerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was waited for, on which worker, and what to do.</param>
    /// <param name="timeout">The limit.</param>
    /// <param name="setting">The option or field of the specification that decides the limit.</param>
    /// <param name="innerException">The cause, if it was an exception.</param>
    public WorkerTimeoutException(string message, TimeSpan timeout, string setting, Exception? innerException = null)
        : base(message, innerException)
    {
        Timeout = timeout;
        Setting = setting;
    }

    /// <summary>The limit that has passed.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>The option or field of the specification that decides <see cref="Timeout"/>.</summary>
    public string Setting { get; }

    /// <summary><see langword="true"/>: a worker that was slow once may be fast the next time.</summary>
    public override bool IsTransient => true;
}
