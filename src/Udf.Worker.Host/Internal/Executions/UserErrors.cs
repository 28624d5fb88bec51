using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Host.Internal;

/// <summary>What a function threw, as the caller of the function gets it.</summary>
internal static class UserErrors
{
    internal static ExecutionError From(Exception exception)
    {
        // Nothing of the user's code ran: that there is no such function is between the caller and this worker.
        if (exception is UdfFunctionNotFoundException)
        {
            return ExecutionErrors.Worker(exception.Message);
        }

        string errorClass = exception.GetType().FullName ?? exception.GetType().Name;
        return ExecutionErrors.User(exception.Message.Length > 0 ? exception.Message : errorClass, errorClass, exception.ToString());
    }
}
