using System.Globalization;
using System.Text;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Writes a report and its chart, and the summary of both into a document.</summary>
internal sealed class ReportFiles(IReadOnlyList<RowResult> results, string[] args)
{
    private const string Begin = "<!-- compare: begin -->";
    private const string End = "<!-- compare: end -->";

    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    private string Name => _now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) + "-compare";

    /// <summary>Writes <c>DATE-compare.md</c> and <c>DATE-compare.svg</c>, over what is there.</summary>
    internal void Write(string directory)
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, Name);
        string details = string.Join('\n', results.Select(MarkdownReport.Section));
        File.WriteAllText(path + ".md", $"# Comparison of {Date}\n\n{Summary(chartDirectory: "")}\n{details}");
        File.WriteAllText(path + ".svg", RatioChart.Draw([.. results.SelectMany(static result => result.Verdicts())]));
        Console.WriteLine($"Written: {path}.md and {path}.svg");
    }

    /// <summary>Puts the summary between the two marks of a document.</summary>
    /// <param name="document">The document.</param>
    /// <param name="directory">Where the report is.</param>
    /// <exception cref="InvalidOperationException">The document has no such marks.</exception>
    internal void WriteInto(string document, string directory)
    {
        string text = File.ReadAllText(document);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal);
        int end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            throw new InvalidOperationException($"{document} has no lines '{Begin}' and '{End}', between which the summary would stand.");
        }

        string relative = Path.GetRelativePath(Path.GetDirectoryName(Path.GetFullPath(document))!, Path.GetFullPath(directory)) + "/";
        File.WriteAllText(document, $"{text[..begin]}{Begin}\n{Date}, the whole report: [{Name}.md]({relative}{Name}.md).\n\n{Summary(relative)}{text[end..]}");
        Console.WriteLine($"Written into {document}");
    }

    private string Date => _now.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private string Summary(string chartDirectory)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Machine.Describe()}. Load average at the end: {Machine.Load()} (the program's own is part of it).\n\n");
        text.Append(CultureInfo.InvariantCulture, $"```sh\ndotnet run -c Release --project benchmarks/Udf.Worker.Benchmarks -- {CompareRun.Mode} {string.Join(' ', args)}\n```\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{results[0].Rounds.Count} rounds; each ratio is taken inside a round, and its median is what counts.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"![The ratios on a logarithmic scale, with what they must be and what is aimed at]({chartDirectory}{Name}.svg)\n\n");
        return text.Append(MarkdownReport.Verdicts(results)).ToString();
    }
}
