namespace Udf.Worker.Direct.Internal;

/// <summary>Says which of its limits may have ended a worker.</summary>
internal static class LimitSuspicion
{
    /// <summary>A sentence with a space before it, or nothing.</summary>
    public static string Describe(WorkerExit exit, WorkerLimits limits) => exit switch
    {
        { EndedByHost: true } => "",
        { Signal: "SIGXCPU" } when limits.CpuTime is { } time => $" It had used up its CPU time of {Text.Milliseconds(time)} ({Option(nameof(limits.CpuTime))}).",
        { Signal: "SIGXFSZ" } when limits.FileSizeBytes is { } bytes => $" It tried to write a file of more than {bytes} bytes ({Option(nameof(limits.FileSizeBytes))}).",
        { ExitCode: 0 } => "",
        _ when limits.MemoryBytes is { } bytes => $" Its memory was limited to {bytes} bytes ({Option(nameof(limits.MemoryBytes))}), which may be the cause.",
        _ => "",
    };

    private static string Option(string limit) => $"{nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.Limits)}.{limit}";
}
