namespace Udf.Worker;

/// <summary>The four ways in which a session ends.</summary>
public enum WorkerSessionOutcomeKind
{
    /// <summary>The function took all input and ended normally.</summary>
    Finished,

    /// <summary>The session was cancelled, and the worker confirmed it or had never been told of the function.</summary>
    Cancelled,

    /// <summary>The worker reported an error of the function, of itself or of the order of messages, and ended the execution cleanly. It can be used again.</summary>
    Failed,

    /// <summary>The session ended without a clean end of the execution: the worker died, broke the protocol, or did not answer in time. It must not be used again.</summary>
    TransportFailed,
}
