using System.Reflection;

namespace Udf.Worker.PublicApi.Tests;

/// <summary>
/// Walks the table of <c>docs/failures.md</c>. A new row needs two things. What it names in backticks must be there: exceptions, options and other public members (<c>Type.Member</c>, or a member that some public type has;
/// <c>.Member</c> is of the type named before it), fields of the specification (<c>camelCase</c>), variables (<c>UDF_…</c>); commands and paths are not looked at. And a test must provoke it and say so:
/// <c>[Failure("the beginning of the row")]</c> on a test method of any project, or <c>Failure = "the beginning of the row"</c> where tests are rows of a table (<c>HostileWorkers</c>).
/// </summary>
public class FailureListTests
{
    private static readonly string Repository = typeof(FailureListTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryDirectory").Value!;

    private static readonly string FailureList = Path.Combine(Repository, "docs", "failures.md");

    private static readonly IReadOnlyList<FailureRow> Rows = FailureRow.ReadAll(FailureList);

    private static readonly IReadOnlyList<FailureTag> Tags = FailureTag.ReadAll(Path.Combine(Repository, "tests"));

    [Fact]
    public void Rows_NameOnlyWhatIsThere()
    {
        string[] packages = ["Core", "Protocol", "Transport", "Direct", "Transport.Uds", "Transport.Tcp", "Host", "Artifacts", "Artifacts.Http", "Isolation"];
        var names = new KnownNames(
            [.. packages.Select(package => Assembly.Load($"Udf.Worker.{package}"))],
            string.Concat(Directory.EnumerateFiles(Path.Combine(Repository, "src"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText)));

        IEnumerable<string> problems =
            from row in Rows
            from name in row.Names()
            let problem = names.FindProblem(name)
            where problem is not null
            select $"'{row.What}': {problem}";

        AssertNone(problems);
    }

    /// <summary>A line between two rows ends the table: what follows is shown as text.</summary>
    [Fact]
    public void Rows_StandInOneTableWithAllItsColumns()
    {
        string[] lines = File.ReadAllLines(FailureList);
        int first = Array.FindIndex(lines, line => line.StartsWith('|'));

        Assert.Equal(Rows.Count, lines[first..].TakeWhile(line => line.StartsWith('|')).Count() - 2);
        AssertNone(Rows.Where(row => row.Cells.Count != 4).Select(row => row.What));
    }

    [Fact]
    public void Rows_HaveATestEach()
    {
        IEnumerable<string> untested = Rows.Select(row => row.What).Where(what => !Tags.Any(tag => what.StartsWith(tag.Row, StringComparison.Ordinal)));

        AssertNone(untested);

        // Otherwise nothing was read.
        Assert.True(Rows.Count > 40);
    }

    [Fact]
    public void Tags_HaveOneRowEachAndStandOnTests()
    {
        IEnumerable<FailureTag> wrong = Tags.Where(tag => !tag.IsOnATest || Rows.Count(row => row.What.StartsWith(tag.Row, StringComparison.Ordinal)) != 1);

        AssertNone(wrong);
    }

    private static void AssertNone<T>(IEnumerable<T> problems)
    {
        T[] found = [.. problems];
        Assert.True(found.Length == 0, string.Join('\n', found));
    }
}
