using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>What a session has read that concerns who waits for it: a batch, that init has succeeded, the end, or that a kept connection had gone stale.</summary>
internal readonly struct ReadResult
{
    private ReadResult(EngineAction action, AlignedBuffer? batch, bool isStale)
    {
        Action = action;
        Batch = batch;
        IsStale = isStale;
    }

    /// <summary><see cref="EngineAction.Deliver"/>, <see cref="EngineAction.Initialized"/> or <see cref="EngineAction.Ended"/>.</summary>
    internal EngineAction Action { get; }

    /// <summary>The batch, of which the receiver of this value is the owner.</summary>
    internal AlignedBuffer? Batch { get; }

    /// <summary>Whether the connection had been closed before the execution began on it.</summary>
    internal bool IsStale { get; }

    internal static ReadResult Initialized { get; } = new(EngineAction.Initialized, null, false);

    internal static ReadResult Ended { get; } = new(EngineAction.Ended, null, false);

    internal static ReadResult Stale { get; } = new(EngineAction.None, null, true);

    internal static ReadResult Deliver(AlignedBuffer batch) => new(EngineAction.Deliver, batch, false);
}
