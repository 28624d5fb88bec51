namespace Udf.Worker.Direct;

/// <summary>
/// What one worker process may use, enforced by the system (POSIX resource limits) and inherited by all that the worker starts, each process with a count of its own.
/// Immutable. What is <see langword="null"/> is as it is for this process.
/// </summary>
/// <remarks>
/// The limits are set by <c>/bin/sh</c> before the worker's program is executed, at the cost of about 0.6 ms a start; by <c>prlimit</c> where there is a variable in its environment that a shell does not hand on,
/// because its name is no name to a shell (<c>a.b</c>). A value that the system does not let this process set ends the worker before it begins, with the message of one or the other in the error.
/// Not available on Windows.
/// </remarks>
public sealed record WorkerLimits
{
    /// <summary>No limit but one: no core dumps.</summary>
    public static WorkerLimits Default { get; } = new();

    /// <summary>The address space of the process (<c>ulimit -v</c>), not the memory that it really uses.</summary>
    /// <value>At least 1 MiB; rounded up to KiB. Default: <see langword="null"/>.</value>
    /// <remarks>
    /// A .NET worker reserves far more than it uses: it starts from 1.5 GiB, or from 1 GiB with <c>DOTNET_GCHeapHardLimit=0x8000000</c> and <c>DOTNET_GCRegionRange=0x10000000</c> in the
    /// environment of the specification. A worker that reaches its limit sees allocations fail; how it ends then is its own matter, and the error mentions the limit.
    /// </remarks>
    public long? MemoryBytes { get; init; }

    /// <summary>How many files, sockets included, the process may have open (<c>ulimit -n</c>).</summary>
    /// <value>At least 16. Default: <see langword="null"/>.</value>
    public int? OpenFileCount { get; init; }

    /// <summary>How much CPU time the process may use in its whole life (<c>ulimit -t</c>). It gets SIGXCPU then, and SIGKILL five seconds of CPU time later.</summary>
    /// <value>At least 1 s; rounded up to seconds. Default: <see langword="null"/>.</value>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>How long a file may become that the process writes (<c>ulimit -f</c>). It gets SIGXFSZ then.</summary>
    /// <value>At least 0; rounded up to 512 bytes. Default: <see langword="null"/>.</value>
    public long? FileSizeBytes { get; init; }

    /// <summary>Whether a crash may leave a core dump, as far as the limits of this process allow it. A core dump holds the data that the worker had in memory.</summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool AllowCoreDumps { get; init; }

    /// <summary>How much the process stands back behind others for the CPU (<c>nice</c>), added to what this process has.</summary>
    /// <value>From 0 to 19. Default: 0.</value>
    public int Niceness { get; init; }
}
