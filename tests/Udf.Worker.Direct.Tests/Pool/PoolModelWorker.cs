using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>A worker as the model knows it from what the shell was asked to do.</summary>
internal sealed class PoolModelWorker(PoolSlot slot, PoolModelKey key)
{
    public PoolSlot Slot => slot;

    public PoolModelKey Key => key;

    public PoolSlotState State { get; set; } = PoolSlotState.Starting;

    public int Sessions { get; set; }

    public int Served { get; set; }

    public long LastUsed { get; set; }

    public TimeSpan IdleSince { get; set; }

    /// <summary>How many it has said that it takes.</summary>
    public int FullAt { get; set; } = int.MaxValue;

    public bool HasRoom => State == PoolSlotState.Ready && Sessions < FullAt && Sessions < key.Limits.SessionsPerWorker && Served < key.Limits.MaxSessions;

    public bool IsIdle => State == PoolSlotState.Ready && Sessions == 0;
}
