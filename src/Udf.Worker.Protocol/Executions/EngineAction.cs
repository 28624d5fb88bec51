namespace Udf.Worker.Protocol;

/// <summary>What a message from the worker means for the caller of <see cref="EngineExecution"/>.</summary>
public enum EngineAction
{
    /// <summary>Nothing. Data that was received is dropped.</summary>
    None,

    /// <summary>Init has succeeded: <see cref="EngineExecution.InitResponse"/> is there, and batches may be sent.</summary>
    Initialized,

    /// <summary>Hand the batch to the reader.</summary>
    Deliver,

    /// <summary>
    /// The worker reported the execution's first error (<see cref="EngineExecution.Error"/>): whoever waits for init may be told
    /// now. Send no more input, send <c>Cancel</c> if <see cref="EngineExecution.IsCancelDue"/>, and read on.
    /// </summary>
    Failed,

    /// <summary>The execution is over: <see cref="EngineExecution.Outcome"/> is there.</summary>
    Ended,
}
