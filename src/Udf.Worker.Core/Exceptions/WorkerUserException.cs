namespace Udf.Worker;

/// <summary>The user's function failed. The worker is healthy and may serve the next session.</summary>
public sealed class WorkerUserException : WorkerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, in which phase, on which worker, with the function's own message.</param>
    /// <param name="phase">The part of the execution in which the function failed.</param>
    /// <param name="userMessage">The message that the function's error carried.</param>
    /// <param name="errorClass">The class of the error in the worker's language, or <see langword="null"/>.</param>
    /// <param name="traceback">The stack trace in the form of the worker's language, or <see langword="null"/>.</param>
    public WorkerUserException(string message, WorkerExecutionPhase phase, string userMessage, string? errorClass = null, string? traceback = null)
        : base(message)
    {
        Phase = phase;
        UserMessage = userMessage;
        ErrorClass = errorClass;
        Traceback = traceback;
    }

    /// <summary>The part of the execution in which the function failed.</summary>
    public WorkerExecutionPhase Phase { get; }

    /// <summary>The message that the function's error carried, as it came.</summary>
    public string UserMessage { get; }

    /// <summary>The class of the error in the worker's language, such as <c>ValueError</c>, or <see langword="null"/> if the worker gave none.</summary>
    public string? ErrorClass { get; }

    /// <summary>The stack trace in the form of the worker's language, or <see langword="null"/> if the worker gave none.</summary>
    public string? Traceback { get; }

    /// <summary>The message, and the worker's traceback if there is one.</summary>
    public override string ToString() => Traceback is null ? base.ToString() : $"{base.ToString()}{Environment.NewLine}--- in the worker ---{Environment.NewLine}{Traceback}";
}
