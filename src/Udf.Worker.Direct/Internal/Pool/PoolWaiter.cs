namespace Udf.Worker.Direct.Internal;

/// <summary>A caller that waits for a worker. The shell derives the task that it waits on; the rest is written by <see cref="PoolBook"/> only. Used for one wait.</summary>
internal abstract class PoolWaiter : PoolNode<PoolWaiter>
{
    /// <summary>Whose worker it waits for; <see langword="null"/> before the wait.</summary>
    public PoolKeyState? Key { get; internal set; }

    /// <summary>When it asked first, if it has asked before: only for what it is told. Set by the shell.</summary>
    public TimeSpan? AskedAt { get; init; }

    /// <summary>Its place in the order of arrival, over all keys.</summary>
    internal long Number { get; set; }

    internal TimeSpan Since { get; set; }

    internal TimeSpan Deadline { get; set; }
}
