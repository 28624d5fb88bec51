namespace Udf.Worker;

/// <summary>The base of what goes wrong with workers.</summary>
public abstract class WorkerException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">What caused it, or null.</param>
    protected WorkerException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the same call may succeed when it is made again. False unless a type says otherwise.</summary>
    public virtual bool IsTransient => false;
}
