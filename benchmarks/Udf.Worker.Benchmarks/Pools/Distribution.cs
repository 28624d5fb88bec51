namespace Udf.Worker.Benchmarks.Pools;

/// <summary>Times that were measured, in order of length.</summary>
internal sealed class Distribution
{
    private readonly TimeSpan[] _sorted;

    public Distribution(IEnumerable<TimeSpan> times) => _sorted = [.. times.Order()];

    /// <summary>The time below which this share of all lies, by the nearest rank.</summary>
    public TimeSpan this[double share] => _sorted[Math.Max(0, (int)Math.Ceiling(share * _sorted.Length) - 1)];

    /// <summary>Median, 99th percentile and longest, as cells of a table.</summary>
    public string Cells => $"{Ms(this[0.5])} | {Ms(this[0.99])} | {Ms(_sorted[^1])}";

    /// <summary>A time in milliseconds.</summary>
    public static string Ms(TimeSpan time) => FormattableString.Invariant($"{time.TotalMilliseconds:F3}");
}
