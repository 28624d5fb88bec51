namespace Udf.Worker.Benchmarks.Compare;

/// <summary>What a figure was over all rounds.</summary>
internal sealed record Spread(double Median, double Least, double Greatest)
{
    internal static Spread Of(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        double median = (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }
}
