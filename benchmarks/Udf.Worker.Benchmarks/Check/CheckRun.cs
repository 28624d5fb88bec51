using System.Globalization;
using Udf.Worker.Benchmarks.Compare;

namespace Udf.Worker.Benchmarks.Check;

/// <summary>
/// Holds what can be counted against ceilings: bytes allocated, system calls on sockets and context switches for each message, host and worker on one CPU, the host in a process of its own for each row. No times.
/// Of several rounds the least counts: whatever else runs on the machine only adds.
/// </summary>
internal static class CheckRun
{
    internal const string Mode = "check";

    private const int RoundCount = 5;

    // Pools fill, and all code is compiled as well as it gets.
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(600);

    /// <summary>Runs all rows.</summary>
    /// <param name="args">Nothing, or <c>--scale FACTOR</c>: the ceilings are multiplied by it, to see that the check can fail.</param>
    /// <returns>0 if everything is below its ceiling.</returns>
    internal static int Run(string[] args)
    {
        if (!OperatingSystem.IsLinux())
        {
            Console.WriteLine("The check reads /proc and counts calls of Linux: there is none on other systems.");
            return 0;
        }

        double scale = args is ["--scale", string factor] ? double.Parse(factor, CultureInfo.InvariantCulture) : 1;
        Console.WriteLine("For each message: figure (ceiling).");
        Console.WriteLine();
        Console.WriteLine("| | bytes allocated by the host | calls on sockets of the host | context switches of the host | of the worker | |");
        Console.WriteLine("|---|---|---|---|---|---|");
        int failed = CheckRows.All.Count(row => !IsBelow(row, scale));
        Console.WriteLine();
        Console.WriteLine(failed == 0 ? "All below their ceilings." : $"{failed} above a ceiling. A figure that has risen on purpose needs a new ceiling in {nameof(CheckRows)}, and the reason beside it.");
        return failed == 0 ? 0 : 1;
    }

    private static bool IsBelow(CheckRow row, double scale)
    {
        Sample[] rounds = Measure(row);
        (double Figure, double Ceiling)[] cells =
        [
            (rounds.Min(static sample => sample.AllocatedBytesPerMessage), row.Ceilings.Bytes * scale),
            (rounds.Min(static sample => sample.HostCallsPerMessage), row.Ceilings.Calls * scale),
            (rounds.Min(static sample => sample.HostSwitchesPerMessage), row.Ceilings.HostSwitches * scale),
            (rounds.Min(static sample => sample.PeerSwitchesPerMessage), row.Ceilings.WorkerSwitches * scale),
        ];
        bool isBelow = Array.TrueForAll(cells, static cell => cell.Figure <= cell.Ceiling);
        string text = string.Join(" | ", cells.Select(static cell => string.Create(CultureInfo.InvariantCulture, $"{(cell.Figure > cell.Ceiling ? "**" : "")}{cell.Figure:F3}{(cell.Figure > cell.Ceiling ? "**" : "")} ({cell.Ceiling:0.###})")));
        Console.WriteLine($"| {row.Title} | {text} | {(isBelow ? "ok" : "FAILED")} |");
        return isBelow;
    }

    private static Sample[] Measure(CheckRow row)
    {
        SubjectProcess subject;
        using (CpuPin.ToFirst())
        {
            subject = SubjectProcess.Start(row.Subject with { CountsCalls = true });
        }

        using (subject)
        {
            subject.WaitUntilReady();
            subject.WarmUp(WarmUp, roundLength: default, row.Count);
            return [.. Enumerable.Range(0, RoundCount).Select(_ => subject.Measure())];
        }
    }
}
