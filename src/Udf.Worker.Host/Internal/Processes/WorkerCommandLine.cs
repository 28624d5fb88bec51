using Udf.Worker.Protocol;

namespace Udf.Worker.Host.Internal;

/// <summary>What an engine starts a worker with.</summary>
internal sealed record WorkerCommandLine(string Id, string Connection)
{
    /// <summary>Set to <c>engine</c> by an engine that holds the worker's standard input open for as long as it lives.</summary>
    internal const string StandardInputVariable = "UDF_WORKER_STDIN";

    private const string Usage = "Usage: … --id <worker id> --connection <socket path or TCP port>. A worker is started by an engine, which adds both.";

    /// <summary>Finds both options, wherever they stand. Other arguments are the worker's own.</summary>
    /// <exception cref="WorkerStartFailure">One of them is missing.</exception>
    internal static WorkerCommandLine Parse(IReadOnlyList<string> arguments)
    {
        string? id = null;
        string? connection = null;
        for (int index = 0; index + 1 < arguments.Count; index++)
        {
            switch (arguments[index])
            {
                case "--id":
                    id = arguments[++index];
                    break;
                case "--connection":
                    connection = arguments[++index];
                    break;
                default:
                    break;
            }
        }

        return !string.IsNullOrEmpty(id) && !string.IsNullOrEmpty(connection)
            ? new WorkerCommandLine(id, connection)
            : throw new WorkerStartFailure(Usage);
    }

    /// <summary>Takes the token out of the environment, so that nothing that the worker starts inherits it.</summary>
    /// <exception cref="WorkerStartFailure">It is malformed. The message does not repeat it: it may be nearly right.</exception>
    internal static WorkerToken? TakeToken()
    {
        string? text = Environment.GetEnvironmentVariable(WorkerToken.EnvironmentVariable);
        if (text is null)
        {
            return null;
        }

        Environment.SetEnvironmentVariable(WorkerToken.EnvironmentVariable, null);
        return WorkerToken.TryParse(text, out WorkerToken? token)
            ? token
            : throw new WorkerStartFailure($"{WorkerToken.EnvironmentVariable} must be {2 * WorkerToken.SizeBytes} hex digits; it has {text.Length} characters.");
    }
}
