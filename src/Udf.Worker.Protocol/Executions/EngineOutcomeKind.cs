namespace Udf.Worker.Protocol;

/// <summary>How an execution ended for the engine.</summary>
public enum EngineOutcomeKind
{
    /// <summary>By <c>FinishResponse</c>, without an error.</summary>
    Finished,

    /// <summary>By <c>CancelResponse</c> without an error, or before anything was sent.</summary>
    Cancelled,

    /// <summary>With an error that the worker reported, and a terminator.</summary>
    Failed,

    /// <summary>The worker broke the rules of the protocol. The connection cannot be used any more.</summary>
    ProtocolViolated,

    /// <summary>The connection was lost or given up before the terminator.</summary>
    TransportFailed,
}
