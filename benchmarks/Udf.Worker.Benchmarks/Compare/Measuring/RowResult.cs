namespace Udf.Worker.Benchmarks.Compare;

/// <summary>What was measured for a row: a sample of each subject in each round.</summary>
/// <param name="Row">The row.</param>
/// <param name="Rounds">The samples, in the order of the row's subjects.</param>
internal sealed record RowResult(CompareRow Row, IReadOnlyList<Sample[]> Rounds)
{
    /// <summary>The figure of a subject, by its number.</summary>
    internal Spread FigureOf(int subject) => Spread.Of(Rounds.Select(round => Figure(round, subject)));

    /// <summary>The ratio of two subjects, taken inside each round.</summary>
    internal Spread RatioOf(int subject, int against) => Spread.Of(Rounds.Select(round => Figure(round, subject) / Figure(round, against)));

    /// <summary>Something of a subject's samples.</summary>
    internal Spread Of(int subject, Func<Sample, double> what) => Spread.Of(Rounds.Select(round => what(round[subject])));

    internal int IndexOf(string name)
    {
        for (int index = 0; index < Row.Subjects.Count; index++)
        {
            if (Row.Subjects[index].Name == name)
            {
                return index;
            }
        }

        throw new ArgumentException($"The row {Row.Key} has no subject '{name}'.", nameof(name));
    }

    /// <summary>The bounds of the row with what came out.</summary>
    internal IEnumerable<Verdict> Verdicts() => Row.Bounds.Select(bound => new Verdict(Row, bound, RatioOf(IndexOf(bound.Of), IndexOf(bound.Against))));

    private double Figure(Sample[] round, int subject) => Row.FigureOf(Row.Subjects[subject].Description, round[subject]);
}
