using System.Globalization;
using System.Text;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Writes a report and its chart.</summary>
internal static class ReportFiles
{
    /// <summary>Writes <c>DATE-compare.md</c> and <c>DATE-compare.svg</c>, over what is there.</summary>
    internal static void Write(string directory, IReadOnlyList<RowResult> results, string[] args)
    {
        Directory.CreateDirectory(directory);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string name = now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) + "-compare";
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Comparison of {now:yyyy-MM-dd HH:mm} UTC\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{Machine.Describe()}. Load average at the end: {Machine.Load()} (the program's own is part of it).\n\n");
        text.Append(CultureInfo.InvariantCulture, $"```sh\ndotnet run -c Release --project benchmarks/Udf.Worker.Benchmarks -- {CompareRun.Mode} {string.Join(' ', args)}\n```\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{results[0].Rounds.Count} rounds; each ratio is taken inside a round, and its median stands here.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"![The ratios on a logarithmic scale, with what they must be and what is aimed at]({name}.svg)\n\n");
        text.Append(MarkdownReport.Verdicts(results)).Append('\n');
        text.AppendJoin('\n', results.Select(MarkdownReport.Section));
        string path = Path.Combine(directory, name);
        File.WriteAllText(path + ".md", text.ToString());
        File.WriteAllText(path + ".svg", RatioChart.Draw([.. results.SelectMany(static result => result.Verdicts())]));
        Console.WriteLine($"Written: {path}.md and {path}.svg");
    }
}
