using System.Globalization;

namespace Udf.Worker.Testing;

/// <summary>
/// How much slower than usual this machine is now. A promise in seconds is made for a machine that has nothing else to do: where five threads want each processor, everything takes five times as long, and a test that
/// looks at the clock must know that, or it fails for what others do. On a machine that is idle nothing is stretched.
/// </summary>
public static class Machine
{
    // Beyond that a test would wait longer than it is willing to.
    private const double Most = 8;

    /// <summary>What a promise may take at the moment. Asked for after the fact, so that the load of the last minute is seen.</summary>
    public static TimeSpan Stretch(TimeSpan promise) => promise * Math.Clamp(Load() / Environment.ProcessorCount, 1, Most);

    // The larger of the average over a minute and of what wants to run right now. See proc(5), /proc/loadavg.
    private static double Load()
    {
        try
        {
            string[] fields = File.ReadAllText("/proc/loadavg").Split(' ', '/');
            return Math.Max(double.Parse(fields[0], CultureInfo.InvariantCulture), double.Parse(fields[3], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // Not Linux: nothing is known.
            return 0;
        }
    }
}
