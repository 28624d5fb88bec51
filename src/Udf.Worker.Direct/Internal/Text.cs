using System.Globalization;

namespace Udf.Worker.Direct.Internal;

/// <summary>The parts that messages have in common.</summary>
internal static class Text
{
    /// <summary>A time in milliseconds, with its unit.</summary>
    public static string Milliseconds(TimeSpan time) => $"{time.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture)} ms";

    /// <summary>The last lines of a process, as the end of a message; empty if there are none.</summary>
    public static string LastLines(string? tail) => string.IsNullOrEmpty(tail) ? " It wrote no output." : $" Process output (last lines):\n{tail}";

    /// <summary>Where the whole output is, as a sentence with a space before it; empty if it is nowhere.</summary>
    public static string KeptOutput(string? path) => path is null ? "" : $" Its whole output is kept in {path}.";
}
