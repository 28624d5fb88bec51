using System.Globalization;
using Spectre.Console;

namespace NearestAirport;

/// <summary>What a run has shown: the workers' result, and beside it that of the computation in this process.</summary>
internal static class Report
{
    public static void Write(IAnsiConsole console, string transport, JobResult result, ResultCheck check, string outputPath)
    {
        var table = new Table();
        table.AddColumn("");
        table.AddColumn($"In workers ({transport})", column => column.RightAligned());
        table.AddColumn("In this process", column => column.RightAligned());
        table.AddRow("Rows", Count(result.Distances.RowCount), Count(check.Distances.RowCount));
        table.AddRow("Mean distance", Km(result.Distances.MeanKm), Km(check.Distances.MeanKm));
        table.AddRow("Greatest distance", Km(result.Distances.GreatestKm), Km(check.Distances.GreatestKm));
        table.AddRow("ZIP code, airport", Greatest(result.Distances), Greatest(check.Distances));
        table.AddRow("Time", Seconds(result.Elapsed), Seconds(check.Elapsed));
        table.AddRow("Rows a second", Rate(result.Distances, result.Elapsed), Rate(check.Distances, check.Elapsed));
        table.AddRow("Sessions", Count(result.SessionCount), "");
        table.AddRow("Workers started", Count(result.WorkerCount), "");
        table.AddRow("Start-up of a worker", Seconds(result.StartUp), "");
        console.Write(table);

        // Plain lines: they hold paths and data, which may look like markup.
        console.WriteLine($"Pool: {Count(result.SessionCount)} sessions on {Count(result.WorkerCount)} workers.");
        console.WriteLine($"Check: {Count(check.Distances.RowCount)} rows compared, {Count(check.DifferenceCount)} differences.");
        if (check.FirstDifference is not null)
        {
            console.WriteLine($"The first: {check.FirstDifference}.");
        }

        console.WriteLine($"Output: {outputPath}");
    }

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Km(double km) => string.Create(CultureInfo.InvariantCulture, $"{km:N3} km");

    private static string Greatest(DistanceSummary distances) => Markup.Escape($"{distances.Greatest?.ZipCode}, {distances.Greatest?.Iata}");

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:F3} s");

    private static string Rate(DistanceSummary distances, TimeSpan time) => (distances.RowCount / time.TotalSeconds).ToString("N0", CultureInfo.InvariantCulture);
}
