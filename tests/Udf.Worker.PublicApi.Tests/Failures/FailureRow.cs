using System.Text.RegularExpressions;

namespace Udf.Worker.PublicApi.Tests;

/// <summary>One row of the table in <c>docs/failures.md</c>.</summary>
internal sealed partial record FailureRow(string What, IReadOnlyList<string> Cells)
{
    /// <summary>What stands in backticks, cell by cell: a name that begins with a dot continues the one before it.</summary>
    public IEnumerable<string> Names()
    {
        foreach (string cell in Cells)
        {
            string owner = "";
            foreach (Match match in Backticks().Matches(cell))
            {
                string name = match.Groups[1].Value;
                if (name.StartsWith('.') && !name.EndsWith(')'))
                {
                    yield return owner + name;
                    continue;
                }

                owner = name.Split('.')[0];
                yield return name;
            }
        }
    }

    public static IReadOnlyList<FailureRow> ReadAll(string path) =>
    [
        .. File.ReadLines(path)
            .Where(line => line.StartsWith('|'))
            .Skip(2)
            .Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim()).ToArray())
            .Select(cells => new FailureRow(cells[0], cells)),
    ];

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Backticks();
}
