namespace Udf.Worker.Direct.Internal;

/// <summary>Why a caller gets no worker.</summary>
internal enum PoolRefusalReason
{
    /// <summary>As many wait as may.</summary>
    TooManyWaiting,

    /// <summary>It has waited as long as it may.</summary>
    TimedOut,

    /// <summary>The start that it waited for failed, and nothing else is left to wait for.</summary>
    StartFailed,

    /// <summary>No worker is started before its time is up, because starts have failed.</summary>
    StartsFailing,

    /// <summary>The key is being drained.</summary>
    Draining,

    /// <summary>The key is closed.</summary>
    Closed,
}
