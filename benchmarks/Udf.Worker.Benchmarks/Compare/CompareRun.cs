namespace Udf.Worker.Benchmarks.Compare;

/// <summary>
/// Holds this library against bare sockets, epoll, gRPC and a bare program: every row in turns of short rounds, each subject in a process of its own, the ratio taken inside each round. Prints a table for each row, and
/// writes a report and a chart.
/// </summary>
internal static class CompareRun
{
    internal const string Mode = "compare";

    internal static int Run(string[] args)
    {
        if (!OperatingSystem.IsLinux())
        {
            Console.Error.WriteLine("The comparison reads /proc and uses calls of Linux: there is none on other systems.");
            return 2;
        }

        CompareOptions options;
        try
        {
            options = CompareOptions.Parse(args);
        }
        catch (ArgumentException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return 2;
        }

        IReadOnlyList<CompareRow> rows = CompareRows.Create(StartPrograms.None);
        if (options.IsList)
        {
            foreach (CompareRow row in rows)
            {
                Console.WriteLine($"{row.Key,-18} {row.Title}");
            }

            return 0;
        }

        if (!rows.Any(options.Selects))
        {
            Console.Error.WriteLine($"No row is called {string.Join(" or ", options.Only)}, or begins so; --list names them.");
            return 2;
        }

        var results = new List<RowResult>();
        foreach (CompareRow row in rows.Where(options.Selects))
        {
            // What is published takes a while, and is of no use to the other rows.
            CompareRow whole = row.StartsPrograms ? CompareRows.Create(StartPrograms.Publish()).Single(other => other.Key == row.Key) : row;
            results.Add(RowMeasurement.Run(whole, options));
            Console.WriteLine(MarkdownReport.Section(results[^1]));
        }

        Console.WriteLine(MarkdownReport.Verdicts(results));
        if (options.OutputDirectory is { } directory)
        {
            var files = new ReportFiles(results, args);
            files.Write(directory);
            if (options.Document is { } document)
            {
                files.WriteInto(document, directory);
            }
        }

        return 0;
    }
}
