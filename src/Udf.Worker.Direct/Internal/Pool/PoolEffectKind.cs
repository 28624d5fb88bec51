namespace Udf.Worker.Direct.Internal;

/// <summary>What the shell has to do.</summary>
internal enum PoolEffectKind
{
    /// <summary>Start a worker for the slot, and report whether it succeeded.</summary>
    Start,

    /// <summary>End the worker of the slot, or its start if that still runs, and report when it is gone.</summary>
    End,

    /// <summary>The waiter has a session on the slot, which it gives back.</summary>
    Grant,

    /// <summary>The waiter gets no worker.</summary>
    Refuse,

    /// <summary>The key, drained or closed, has no worker left.</summary>
    Emptied,
}
