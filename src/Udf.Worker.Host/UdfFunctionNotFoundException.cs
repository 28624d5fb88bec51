namespace Udf.Worker.Host;

/// <summary>A payload names no function that this worker has. Its message goes to the caller of the function.</summary>
public sealed class UdfFunctionNotFoundException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was asked for, what is missing, and what there is instead.</param>
    /// <param name="innerException">The cause, or <see langword="null"/>.</param>
    public UdfFunctionNotFoundException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
