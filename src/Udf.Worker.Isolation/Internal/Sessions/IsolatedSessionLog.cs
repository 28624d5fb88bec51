using Microsoft.Extensions.Logging;

namespace Udf.Worker.Isolation.Internal;

internal static partial class IsolatedSessionLog
{
    [LoggerMessage(601, LogLevel.Debug, "The session {SessionId} is evicted and cleaned up: {Reason}.", EventName = "SessionEvicted")]
    public static partial void Evicted(ILogger logger, string sessionId, string reason);

    [LoggerMessage(602, LogLevel.Debug, "The session {SessionId} is evicted ({Reason}), but still in use: it is cleaned up at its last release.", EventName = "SessionEvictedInUse")]
    public static partial void EvictedInUse(ILogger logger, string sessionId, string reason);

    [LoggerMessage(603, LogLevel.Warning, "Not all of the session {SessionId} could be cleaned up.", EventName = "SessionCleanUpFailed")]
    public static partial void CleanUpFailed(ILogger logger, string sessionId, Exception exception);
}
