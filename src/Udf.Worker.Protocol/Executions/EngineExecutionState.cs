namespace Udf.Worker.Protocol;

/// <summary>Where the engine's side of an execution stands.</summary>
public enum EngineExecutionState
{
    /// <summary>Nothing has been sent.</summary>
    Created,

    /// <summary><c>Init</c> was sent and its chunks are being sent.</summary>
    SendingChunks,

    /// <summary><c>Init</c> and all its chunks were sent.</summary>
    AwaitingInitResponse,

    /// <summary>Batches may be sent and received.</summary>
    Data,

    /// <summary><c>Finish</c> was sent.</summary>
    Finishing,

    /// <summary>The worker reported an error; <c>Cancel</c> is due. What comes before the terminator is dropped.</summary>
    Failed,

    /// <summary><c>Cancel</c> was sent. What comes before the terminator is dropped.</summary>
    Cancelling,

    /// <summary>Over: <see cref="EngineExecution.Outcome"/> tells how.</summary>
    Ended,
}
