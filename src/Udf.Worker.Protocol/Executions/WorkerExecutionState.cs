namespace Udf.Worker.Protocol;

/// <summary>Where the worker's side of an execute connection stands.</summary>
public enum WorkerExecutionState
{
    /// <summary>The connection is new: no <c>Init</c> has been seen on it.</summary>
    AwaitingInit,

    /// <summary>The payload is not yet complete.</summary>
    AwaitingChunks,

    /// <summary>The function's init runs.</summary>
    Initializing,

    /// <summary>The function takes and gives batches.</summary>
    Data,

    /// <summary><c>Finish</c> was seen; output is drained and the finish callback runs.</summary>
    Finishing,

    /// <summary>The execution has failed or was cancelled over the manage connection; everything but <c>Cancel</c> is dropped.</summary>
    AwaitingCancel,

    /// <summary>The function is being stopped and its cancel callback runs.</summary>
    Cancelling,

    /// <summary>Between executions; everything but <c>Init</c> is dropped.</summary>
    Idle,

    /// <summary>The connection is over.</summary>
    Closed,
}
