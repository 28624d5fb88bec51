using System.Globalization;
using System.Text;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Ratios and their bounds as a drawing: a line for each, on a logarithmic scale that is turned so that better is to the right.</summary>
internal static class RatioChart
{
    private const int LabelWidth = 680;
    private const int PlotWidth = 560;
    private const int LineHeight = 26;
    private const int Top = 70;

    // How much better or worse than what must be a figure may be drawn.
    private const double Greatest = 32;

    internal static string Draw(IReadOnlyList<Verdict> verdicts)
    {
        int height = Top + (verdicts.Count * LineHeight) + 20;
        var text = new StringBuilder();
        Add(text, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{LabelWidth + PlotWidth + 90}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">");
        Add(text, $"<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
        Add(text, $"<text x=\"10\" y=\"20\" font-size=\"15\">How many times better than it must be (bar: median; whisker: least to greatest; diamond: the aim)</text>");
        for (double tick = 1 / Greatest; tick <= Greatest; tick *= 2)
        {
            string label = tick >= 1 ? tick.ToString(CultureInfo.InvariantCulture) : "1/" + (1 / tick).ToString(CultureInfo.InvariantCulture);
            Add(text, $"<line x1=\"{X(tick):F1}\" x2=\"{X(tick):F1}\" y1=\"{Top - 12}\" y2=\"{height - 15}\" stroke=\"{(tick == 1 ? "black" : "#ddd")}\"/>");
            Add(text, $"<text x=\"{X(tick):F1}\" y=\"{Top - 18}\" text-anchor=\"middle\" fill=\"#555\">{label}</text>");
        }

        for (int index = 0; index < verdicts.Count; index++)
        {
            DrawLine(text, verdicts[index], Top + (index * LineHeight) + 8);
        }

        return text.Append("</svg>\n").ToString();
    }

    private static void DrawLine(StringBuilder text, Verdict verdict, int y)
    {
        (CompareRow row, Bound bound, Spread ratio) = verdict;
        double end = X(Better(verdict, ratio.Median));
        string colour = verdict.MeetsAim ? "#2a7d4f" : verdict.MeetsMust ? "#c9a227" : "#b3392f";
        Add(text, $"<text x=\"{LabelWidth - 10}\" y=\"{y + 4}\" text-anchor=\"end\">{Escape($"{row.Title}: {bound.Of} / {bound.Against}")}</text>");
        Add(text, $"<rect x=\"{Math.Min(end, X(1)):F1}\" y=\"{y - 6}\" width=\"{Math.Max(1, Math.Abs(end - X(1))):F1}\" height=\"12\" fill=\"{colour}\"/>");
        Add(text, $"<line x1=\"{X(Better(verdict, ratio.Least)):F1}\" x2=\"{X(Better(verdict, ratio.Greatest)):F1}\" y1=\"{y}\" y2=\"{y}\" stroke=\"black\"/>");
        if (bound.Aim is { } aim)
        {
            double x = X(Better(verdict, aim));
            Add(text, $"<path d=\"M {x:F1} {y - 8} l 5 8 l -5 8 l -5 -8 z\" fill=\"none\" stroke=\"black\"/>");
        }

        Add(text, $"<text x=\"{LabelWidth + PlotWidth + 10}\" y=\"{y + 4}\">{MarkdownReport.Short(ratio.Median)} ({verdict.Sign.Replace(">", "&gt;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)} {bound.Must})</text>");
    }

    private static double Better(Verdict verdict, double ratio) => verdict.Row.IsMoreBetter ? ratio / verdict.Bound.Must : verdict.Bound.Must / ratio;

    private static double X(double better) => LabelWidth + (PlotWidth * (Math.Log2(Math.Clamp(better, 1 / Greatest, Greatest)) + Math.Log2(Greatest)) / (2 * Math.Log2(Greatest)));

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

    private static void Add(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
