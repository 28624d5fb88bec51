using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

/// <summary>Writes what happens in sessions to the log. One serves all sessions of a dispatcher.</summary>
internal sealed partial class LoggingSessionListener(ILogger logger) : WorkerSessionListener
{
    public override void StateChanged(WorkerSession session, WorkerSessionState state, string detail)
    {
        if (logger.IsEnabled(LogLevel.Trace))
        {
            Log.StateChanged(logger, session.ExecutionId, session.WorkerId, state, detail);
        }
    }

    public override void Settled(WorkerSession session, WorkerSessionOutcome outcome)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            Log.Settled(logger, session.ExecutionId, session.WorkerId, outcome);
        }
    }

    public override void OperationFailed(WorkerSession session, string operation, Exception exception) =>
        Log.OperationFailed(logger, exception, session.ExecutionId, session.WorkerId, operation);

    private static partial class Log
    {
        [LoggerMessage(140, LogLevel.Trace, "Execution {ExecutionId} on worker '{WorkerId}' is {State}: {Detail}", EventName = "SessionState")]
        public static partial void StateChanged(ILogger logger, string executionId, string workerId, WorkerSessionState state, string detail);

        [LoggerMessage(141, LogLevel.Debug, "Execution {ExecutionId} on worker '{WorkerId}' ended: {Outcome}", EventName = "SessionSettled")]
        public static partial void Settled(ILogger logger, string executionId, string workerId, WorkerSessionOutcome outcome);

        [LoggerMessage(142, LogLevel.Warning, "Execution {ExecutionId} on worker '{WorkerId}' could not {Operation}.", EventName = "SessionOperationFailed")]
        public static partial void OperationFailed(ILogger logger, Exception exception, string executionId, string workerId, string operation);
    }
}
