using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol;

/// <summary>Makes the three kinds of <see cref="ExecutionError"/>, and reads what they say.</summary>
public static class ExecutionErrors
{
    /// <summary>The user's code failed.</summary>
    /// <param name="message">What it says.</param>
    /// <param name="errorClass">The type of the error in the worker's language; null if there is none.</param>
    /// <param name="traceback">Where it happened; null if that is not known.</param>
    public static ExecutionError User(string message, string? errorClass = null, string? traceback = null)
    {
        UserError error = new() { Message = message };
        if (errorClass is not null)
        {
            error.ErrorClass = errorClass;
        }

        if (traceback is not null)
        {
            error.Traceback = traceback;
        }

        return new ExecutionError { User = error };
    }

    /// <summary>The worker failed.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="traceback">Where it happened; null if that is not known.</param>
    public static ExecutionError Worker(string message, string? traceback = null)
    {
        WorkerError error = new() { Message = message };
        if (traceback is not null)
        {
            error.Traceback = traceback;
        }

        return new ExecutionError { Worker = error };
    }

    /// <summary>The other side broke the rules of the protocol.</summary>
    /// <param name="message">Which rule, and how.</param>
    public static ExecutionError Protocol(string message) =>
        new() { Protocol = new ProtocolError { Message = message } };

    /// <summary>The error in one line: <c>[class] message</c> for the user's, else the kind and the message.</summary>
    /// <param name="error">The error, of any kind or of none.</param>
    public static string Describe(ExecutionError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error.KindCase switch
        {
            ExecutionError.KindOneofCase.User when error.User.HasErrorClass => $"[{error.User.ErrorClass}] {error.User.Message}",
            ExecutionError.KindOneofCase.User => error.User.Message,
            ExecutionError.KindOneofCase.Worker => $"WorkerError: {error.Worker.Message}",
            ExecutionError.KindOneofCase.Protocol => $"ProtocolError: {error.Protocol.Message}",
            ExecutionError.KindOneofCase.None => "An error without a kind.",
            _ => throw new InvalidOperationException($"Unknown kind of error {error.KindCase}."),
        };
    }
}
