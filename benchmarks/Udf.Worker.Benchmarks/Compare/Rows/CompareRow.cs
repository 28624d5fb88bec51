namespace Udf.Worker.Benchmarks.Compare;

/// <summary>One question: subjects that are measured in turns, and what their ratios are to be.</summary>
/// <param name="Key">The name on the command line.</param>
/// <param name="Title">The name in a report.</param>
/// <param name="Unit">In what it is given.</param>
/// <param name="Subjects">What is measured, by name. The first is the baseline.</param>
internal sealed record CompareRow(string Key, string Title, FigureUnit Unit, IReadOnlyList<(string Name, SubjectDescription Description)> Subjects)
{
    /// <summary>Whether all processes are kept on one CPU.</summary>
    public bool IsPinned { get; init; }

    /// <summary>How many messages a round has, where it does not follow from their time.</summary>
    public int? Count { get; init; }

    /// <summary>Whether it starts programs that have to be published first.</summary>
    public bool StartsPrograms => Subjects[0].Description.Kind == SubjectKind.Start;

    public IReadOnlyList<Bound> Bounds { get; init; } = [];

    public bool IsMoreBetter => Unit is FigureUnit.MebibytesPerSecond or FigureUnit.ThousandsPerSecond;

    /// <summary>The figure of a subject in one round.</summary>
    public double FigureOf(SubjectDescription description, Sample sample) => Unit switch
    {
        FigureUnit.Microseconds => sample.Seconds / sample.MessageCount * 1e6,
        FigureUnit.Milliseconds => sample.Seconds / sample.MessageCount * 1e3,
        FigureUnit.MebibytesPerSecond => sample.MessageCount * (double)description.PayloadBytes / sample.Seconds / (1024 * 1024),
        FigureUnit.ThousandsPerSecond => sample.MessageCount / sample.Seconds / 1e3,
        _ => throw new InvalidOperationException($"Unknown unit {Unit}."),
    };
}
