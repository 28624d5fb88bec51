using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>What a session has read that concerns who waits for it: a batch, that init has succeeded, or the end.</summary>
internal readonly struct ReadResult
{
    private ReadResult(EngineAction action, AlignedBuffer? batch = null, WorkerInitResult? initResult = null)
    {
        Action = action;
        Batch = batch;
        InitResult = initResult;
    }

    /// <summary><see cref="EngineAction.Deliver"/>, <see cref="EngineAction.Initialized"/> or <see cref="EngineAction.Ended"/>.</summary>
    internal EngineAction Action { get; }

    /// <summary>The batch, of which the receiver of this value is the owner.</summary>
    internal AlignedBuffer? Batch { get; }

    /// <summary>What the function answered to its init.</summary>
    internal WorkerInitResult? InitResult { get; }

    internal static ReadResult Ended { get; } = new(EngineAction.Ended);

    internal static ReadResult Initialized(WorkerInitResult result) => new(EngineAction.Initialized, initResult: result);

    internal static ReadResult Deliver(AlignedBuffer batch) => new(EngineAction.Deliver, batch);
}
