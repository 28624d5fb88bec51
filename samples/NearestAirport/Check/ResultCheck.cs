using System.Diagnostics;

namespace NearestAirport;

/// <summary>Compares the file that the workers' answers were written to, row by row, with an in-process computation.</summary>
/// <param name="Distances">About the answers of the in-process computation.</param>
/// <param name="Elapsed">How long the computation took.</param>
/// <param name="DifferenceCount">How many rows are different, missing or too many.</param>
/// <param name="FirstDifference">The first of them in words; <see langword="null"/> if there is none.</param>
internal sealed record ResultCheck(DistanceSummary Distances, TimeSpan Elapsed, int DifferenceCount, string? FirstDifference)
{
    /// <summary>Computes and compares.</summary>
    /// <exception cref="FormatException">The file is not a result.</exception>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    public static ResultCheck Run(DataFiles data, string resultPath, int threadCount, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        Answer[] expected = InProcessComputation.Run(data, threadCount, cancellationToken);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);

        var distances = new DistanceSummary();
        foreach (Answer answer in expected)
        {
            distances.Add(answer);
        }

        using StreamReader result = File.OpenText(resultPath);
        Answer[] actual = [.. CsvReader.Read(result).Skip(1).Select(Answer.Of)];
        int[] differences = [.. Enumerable.Range(0, Math.Max(expected.Length, actual.Length)).Where(row => !Equals(At(expected, row), At(actual, row)))];
        string? first = differences is [var row, ..] ? $"row {row + 1}: {Text(At(actual, row))} from the workers, {Text(At(expected, row))} in this process" : null;
        return new ResultCheck(distances, elapsed, differences.Length, first);
    }

    private static Answer? At(Answer[] answers, int row) => row < answers.Length ? answers[row] : null;

    private static string Text(Answer? answer) => answer is null ? "no row" : $"{answer.ZipCode},{answer.Iata},{answer.Km}";
}
