using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>What it is reported as if a worker does not take a connection, or is gone.</summary>
internal static class WorkerRefusals
{
    /// <summary>A worker that did not accept a connection, whatever it answered.</summary>
    internal static WorkerException Refused(WorkerEndpoint endpoint, WorkerPrefaceCheck check)
    {
        string message = $"Worker {endpoint}: {check.Message}";
        return (check.Outcome, check.Answer.Status) switch
        {
            (WorkerPrefaceOutcome.Incomplete, _) => Lost(endpoint, message),
            (WorkerPrefaceOutcome.Refused, PrefaceStatus.AtCapacity) => new WorkerConnectionException($"{message} Another worker may be tried.")
            {
                WorkerId = endpoint.WorkerId,
                ProcessId = endpoint.ProcessId,
                Endpoint = endpoint.Address,
                IsAtCapacity = true,
            },
            _ => new WorkerProtocolException(message)
            {
                WorkerId = endpoint.WorkerId,
                ProcessId = endpoint.ProcessId,
                Endpoint = endpoint.Address,
            },
        };
    }

    /// <summary>A worker to which there is no connection any more.</summary>
    internal static WorkerConnectionException Lost(WorkerEndpoint endpoint, string message, Exception? innerException = null) => new(message, innerException)
    {
        WorkerId = endpoint.WorkerId,
        ProcessId = endpoint.ProcessId,
        Endpoint = endpoint.Address,
    };
}
