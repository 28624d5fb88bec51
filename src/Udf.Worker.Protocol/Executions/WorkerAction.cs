namespace Udf.Worker.Protocol;

/// <summary>What the caller of <see cref="WorkerExecution"/> has to do with the function. Replies stand beside it in <see cref="WorkerDecision"/>.</summary>
public enum WorkerAction
{
    /// <summary>Nothing. Data that was received is dropped.</summary>
    None,

    /// <summary>
    /// Run the function's init with <see cref="WorkerExecution.Init"/> and <see cref="WorkerExecution.Payload"/>, then report
    /// <see cref="WorkerExecution.InitSucceeded"/> or <see cref="WorkerExecution.InitFailed"/>.
    /// </summary>
    RunInit,

    /// <summary>Hand the batch to the function.</summary>
    Deliver,

    /// <summary>
    /// There is no more input: let the function give what it still has, run its finish callback, then report
    /// <see cref="WorkerExecution.FinishSucceeded"/>, <see cref="WorkerExecution.FinishFailed"/> or, if a batch still failed,
    /// <see cref="WorkerExecution.FunctionFailed"/>.
    /// </summary>
    BeginFinish,

    /// <summary>Trip the function's cancellation token, and nothing else. What runs is reported when it has returned, as always.</summary>
    Interrupt,

    /// <summary>
    /// Send no more output; trip the function's cancellation token, wait until it has returned, run its cancel callback, then
    /// report <see cref="WorkerExecution.CancelCompleted"/>.
    /// </summary>
    RunCancel,
}
