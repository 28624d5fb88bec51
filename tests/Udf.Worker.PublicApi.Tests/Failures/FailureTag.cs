using System.Text.RegularExpressions;

namespace Udf.Worker.PublicApi.Tests;

/// <summary>A test that says which failure it provokes: with <c>[Failure("…")]</c> on a test method, or with <c>Failure = "…"</c> in a row of a table of tests.</summary>
/// <param name="Row">The beginning of the row's first cell.</param>
/// <param name="Place">Where the tag stands.</param>
/// <param name="IsOnATest">Whether the method under the attribute is a test.</param>
internal sealed partial record FailureTag(string Row, string Place, bool IsOnATest)
{
    public static IReadOnlyList<FailureTag> ReadAll(string testDirectory) =>
    [
        .. Directory.EnumerateFiles(testDirectory, "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(ReadFile),
    ];

    private static IEnumerable<FailureTag> ReadFile(string path)
    {
        string[] lines = File.ReadAllLines(path);
        for (int index = 0; index < lines.Length; index++)
        {
            string place = $"{Path.GetFileName(path)}:{index + 1}";
            if (Attribute().Match(lines[index]) is { Success: true } attribute)
            {
                yield return new FailureTag(attribute.Groups[1].Value, place, AttributesAround(lines, index).Any(line => Test().IsMatch(line)));
            }
            else if (Member().Match(lines[index]) is { Success: true } member)
            {
                yield return new FailureTag(member.Groups[1].Value, place, IsOnATest: true);
            }
        }
    }

    // Between the attributes of one method there may be comments and empty lines, and nothing else.
    private static IEnumerable<string> AttributesAround(string[] lines, int index) =>
        lines[..index].Reverse().TakeWhile(IsAttribute).Concat(lines[index..].TakeWhile(IsAttribute));

    private static bool IsAttribute(string line) => line.TrimStart() is "" or ['[', ..] or ['/', '/', ..];

    [GeneratedRegex("""^\s*\[Failure\("([^"]+)"\)\]""")]
    private static partial Regex Attribute();

    [GeneratedRegex("""\bFailure = "([^"]+)"[ ,]""")]
    private static partial Regex Member();

    [GeneratedRegex(@"\b\w*(Fact|Theory)\b")]
    private static partial Regex Test();
}
