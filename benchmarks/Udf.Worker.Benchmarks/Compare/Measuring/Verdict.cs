namespace Udf.Worker.Benchmarks.Compare;

/// <summary>How a ratio stands to its bound.</summary>
internal sealed record Verdict(CompareRow Row, Bound Bound, Spread Ratio)
{
    /// <summary>Whether the median is good enough.</summary>
    internal bool MeetsMust => Meets(Bound.Must);

    /// <summary>Whether the median is what is wanted.</summary>
    internal bool MeetsAim => Meets(Bound.Aim ?? Bound.Must);

    internal string Sign => Row.IsMoreBetter ? ">=" : "<=";

    internal string Word => MeetsAim ? (Bound.Aim is null ? "met" : "aim") : MeetsMust ? "must" : "**missed**";

    private bool Meets(double bound) => Row.IsMoreBetter ? Ratio.Median >= bound : Ratio.Median <= bound;
}
