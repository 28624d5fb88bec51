namespace Udf.Worker.Direct.Internal;

/// <summary>Recognises the lines in which runtimes say that a process can no longer be trusted. Pure.</summary>
internal static class FatalOutput
{
    // As the runtimes write them, at the beginning of a line.
    private static readonly string[] Beginnings =
    [
        "Unhandled exception", // .NET, Dart
        "Fatal error.", // .NET
        "Process terminated.", // .NET
        "Stack overflow.", // .NET
        "Out of memory", // .NET, C
        "Fatal Python error:",
        "panic:", // Go
        "fatal error:", // Go
        "FATAL ERROR:", // Node
        "# A fatal error has been detected by the Java Runtime Environment",
        "Exception in thread \"main\"", // Java
        "terminate called", // C++
        "Segmentation fault",
        "Aborted (core dumped)",
        "Bus error",
    ];

    // Behind something else in the line: a name, a time.
    private static readonly string[] Parts =
    [
        "java.lang.OutOfMemoryError",
        "JavaScript heap out of memory",
        "panicked at", // Rust
        "AddressSanitizer:",
        "*** stack smashing detected ***",
    ];

    /// <summary>Whether a line is such a sign.</summary>
    public static bool IsSign(string line) =>
        Array.Exists(Beginnings, beginning => line.StartsWith(beginning, StringComparison.Ordinal)) || Array.Exists(Parts, part => line.Contains(part, StringComparison.Ordinal));
}
