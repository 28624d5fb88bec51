namespace Udf.Worker.Direct.Internal;

/// <summary>What has happened in one key since it was opened.</summary>
internal sealed class PoolCounters
{
    private static readonly WorkerRetireReason[] Reasons = Enum.GetValues<WorkerRetireReason>();
    private readonly long[] _retired = new long[Reasons.Length];

    public long Acquired { get; set; }

    public long Waited { get; private set; }

    public TimeSpan TotalWait { get; private set; }

    public TimeSpan LongestWait { get; private set; }

    public long Refused { get; set; }

    public long Started { get; private set; }

    public long FailedStarts { get; set; }

    public TimeSpan TotalStart { get; private set; }

    public TimeSpan LongestStart { get; private set; }

    public void WaitEnded(TimeSpan time)
    {
        Waited++;
        TotalWait += time;
        LongestWait = LongestWait < time ? time : LongestWait;
    }

    public void StartEnded(TimeSpan time)
    {
        Started++;
        TotalStart += time;
        LongestStart = LongestStart < time ? time : LongestStart;
    }

    public void Retired(WorkerRetireReason reason) => _retired[(int)reason]++;

    public Dictionary<WorkerRetireReason, long> RetiredByReason() => Reasons.Where(reason => _retired[(int)reason] > 0).ToDictionary(reason => reason, reason => _retired[(int)reason]);
}
