namespace Udf.Worker.Benchmarks.Compare;

/// <summary>What messages took that came after pauses. There are few of them, so one that was disturbed must not count: all are taken for their median.</summary>
internal sealed class IdleTimes(int capacity)
{
    private readonly List<TimeSpan> _times = new(capacity);

    internal void Add(TimeSpan time) => _times.Add(time);

    /// <summary>As if each had taken the median.</summary>
    internal TimeSpan Total
    {
        get
        {
            _times.Sort();
            return _times[_times.Count / 2] * _times.Count;
        }
    }
}
