using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>A key as the model knows it: plain lists, and each number counted anew.</summary>
internal sealed class PoolModelKey(PoolKeyState state, int index)
{
    public PoolKeyState State => state;

    public int Index => index;

    public PoolLimits Limits => state.Limits;

    public PoolKeyPhase Phase { get; set; }

    public bool IsFailing { get; set; }

    public bool KeepsMinimum { get; set; }

    /// <summary>When a session was asked for or has ended last, or a warm-up was.</summary>
    public TimeSpan LastUsed { get; set; }

    /// <summary>How many idle workers a warm-up asks for at this moment.</summary>
    public int Wanted { get; set; }

    public List<TestWaiter> Waiters { get; } = [];

    public List<PoolModelWorker> Workers { get; } = [];

    public int SessionsOfNewWorker => Math.Min(Limits.SessionsPerWorker, Limits.MaxSessions);

    public int StartsForWaiters => (Waiters.Count + SessionsOfNewWorker - 1) / SessionsOfNewWorker;

    public int Ahead => Workers.Count(worker => worker.IsIdle) + Math.Max(0, Count(PoolSlotState.Starting) - StartsForWaiters);

    public int Minimum => Math.Max(KeepsMinimum ? Limits.MinIdle : 0, Wanted);

    public int Count(PoolSlotState of) => Workers.Count(worker => worker.State == of);

    /// <summary>Whether a start may be tried, limits apart.</summary>
    public bool MayTry(TimeSpan now) => Phase == PoolKeyPhase.Open && (!IsFailing || (Count(PoolSlotState.Starting) == 0 && now >= State.RetryAt));

    /// <summary>The worker that the next session gets.</summary>
    public PoolModelWorker? Choice() => Workers.Where(worker => worker.HasRoom).OrderBy(worker => worker.Sessions).ThenByDescending(worker => worker.LastUsed).FirstOrDefault();
}
