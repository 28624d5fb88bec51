using System.Globalization;
using System.Text;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Results as Markdown, which is read on a terminal, too.</summary>
internal static class MarkdownReport
{
    /// <summary>The table of one row.</summary>
    internal static string Section(RowResult result)
    {
        CompareRow row = result.Row;
        var text = new StringBuilder();
        Line(text, $"### {row.Title}{(row.IsPinned ? ", all on one CPU" : "")} (`{row.Key}`)");
        Line(text, $"");
        Line(text, $"| | {UnitOf(row.Unit)}: median (least to greatest) | x {row.Subjects[0].Name} | allocated on the host, B a message | context switches a message, host + peer |");
        Line(text, $"|---|---|---|---|---|");
        for (int index = 0; index < row.Subjects.Count; index++)
        {
            Spread figure = result.FigureOf(index);
            Spread ratio = result.RatioOf(index, 0);
            string ratioText = index == 0 ? "1" : $"{Short(ratio.Median)} ({Short(ratio.Least)} to {Short(ratio.Greatest)})";
            Line(text, $"| {row.Subjects[index].Name} | {Short(figure.Median)} ({Short(figure.Least)} to {Short(figure.Greatest)}) | {ratioText} | {Allocated(result, index)} | {Switches(result, index)} |");
        }

        return text.ToString();
    }

    /// <summary>The table of all bounds.</summary>
    internal static string Verdicts(IEnumerable<RowResult> results)
    {
        var text = new StringBuilder();
        Line(text, $"| what | held against | ratio: median (least to greatest) | must | aim | |");
        Line(text, $"|---|---|---|---|---|---|");
        foreach (Verdict verdict in results.SelectMany(static result => result.Verdicts()))
        {
            (CompareRow row, Bound bound, Spread ratio) = verdict;
            string aim = bound.Aim is { } value ? Invariant($"{verdict.Sign} {value}") : "";
            Line(text, $"| {row.Title}: {bound.Of} | {bound.Against} | {Short(ratio.Median)} ({Short(ratio.Least)} to {Short(ratio.Greatest)}) | {verdict.Sign} {bound.Must} | {aim} | {verdict.Word} |");
        }

        return text.ToString();
    }

    /// <summary>A figure with three digits that count.</summary>
    internal static string Short(double value) => Math.Abs(value) switch
    {
        >= 100 => Invariant($"{value:N0}"),
        >= 10 => Invariant($"{value:F1}"),
        >= 0.0995 => Invariant($"{value:F2}"),
        >= 0.00001 => Invariant($"{value:F3}"),
        _ => "0",
    };

    /// <summary>Empty where the measurement itself allocates as much as what it measures.</summary>
    private static string Allocated(RowResult result, int index) => result.Row.Subjects[index].Description.Kind is SubjectKind.IdleRoundTrip or SubjectKind.Start
        ? ""
        : Short(result.Of(index, static sample => sample.AllocatedBytesPerMessage).Median);

    private static string Switches(RowResult result, int index)
    {
        double host = result.Of(index, static sample => sample.HostSwitchesPerMessage).Median;
        double peer = result.Of(index, static sample => sample.PeerSwitchesPerMessage).Median;
        return result.Row.Unit == FigureUnit.Milliseconds ? "" : $"{Short(host)} + {Short(peer)}";
    }

    private static string UnitOf(FigureUnit unit) => unit switch
    {
        FigureUnit.Microseconds => "us",
        FigureUnit.Milliseconds => "ms",
        FigureUnit.MebibytesPerSecond => "MiB/s",
        FigureUnit.ThousandsPerSecond => "thousand messages/s",
        _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "Unknown unit."),
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
