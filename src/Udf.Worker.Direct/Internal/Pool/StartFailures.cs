namespace Udf.Worker.Direct.Internal;

/// <summary>Tells the failure of one start to many: an exception is thrown once, so each caller gets one of his own that says the same.</summary>
internal static class StartFailures
{
    /// <summary>Another exception of the same kind and content, with the failure itself inside.</summary>
    public static WorkerException Another(Exception failure) => failure switch
    {
        WorkerStartException start => new WorkerStartException(start.Message, start.IsTransient, start)
        {
            Exit = start.Exit,
            WorkerId = start.WorkerId,
            ProcessId = start.ProcessId,
            Endpoint = start.Endpoint,
            OutputTail = start.OutputTail,
        },
        WorkerTimeoutException timeout => new WorkerTimeoutException(timeout.Message, timeout.Timeout, timeout.Setting, timeout, timeout.IsTransient)
        {
            Exit = timeout.Exit,
            WorkerId = timeout.WorkerId,
            ProcessId = timeout.ProcessId,
            Endpoint = timeout.Endpoint,
            OutputTail = timeout.OutputTail,
        },
        WorkerProtocolException protocol => new WorkerProtocolException(protocol.Message, protocol)
        {
            ReportedByWorker = protocol.ReportedByWorker,
            Phase = protocol.Phase,
            WorkerId = protocol.WorkerId,
            ProcessId = protocol.ProcessId,
            Endpoint = protocol.Endpoint,
            OutputTail = protocol.OutputTail,
        },
        WorkerConnectionException connection => new WorkerConnectionException(connection.Message, connection)
        {
            IsAtCapacity = connection.IsAtCapacity,
            WorkerId = connection.WorkerId,
            ProcessId = connection.ProcessId,
            Endpoint = connection.Endpoint,
            OutputTail = connection.OutputTail,
        },
        WorkerEnvironmentException environment => new WorkerEnvironmentException(environment.Message, environment.IsTransient, environment)
        {
            Exit = environment.Exit,
            OutputTail = environment.OutputTail,
        },
        _ => new WorkerStartException($"A worker could not be started: {failure.Message}", (failure as WorkerException)?.IsTransient ?? false, failure),
    };
}
