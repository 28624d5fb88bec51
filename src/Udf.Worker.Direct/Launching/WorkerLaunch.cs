namespace Udf.Worker.Direct;

/// <summary>Everything that a launcher needs to start one process. Immutable; a launcher that wraps another one changes a copy (<c>launch with { … }</c>).</summary>
public sealed record WorkerLaunch
{
    /// <summary>The program: a path, or a name that is looked up in the search path of <see cref="EnvironmentVariables"/> and then of this process.</summary>
    public required string Executable { get; init; }

    /// <summary>The arguments, each as it is: nothing passes through a shell. A worker's end with <c>--id</c> and <c>--connection</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The whole environment of the process; nothing else is inherited. It holds the worker's token, and may hold secrets of the specification: it belongs in no message and no log.</summary>
    public required IReadOnlyDictionary<string, string> EnvironmentVariables { get; init; }

    /// <summary>The directory that the process starts in; <see langword="null"/> for that of this process.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The id of the worker; <see langword="null"/> for a callable of an environment.</summary>
    public string? WorkerId { get; init; }

    /// <summary>Where the worker will listen, in the form of its transport; <see langword="null"/> for a callable of an environment. A launcher that isolates a worker leaves the way there open.</summary>
    public string? Address { get; init; }

    /// <summary>What the process may use.</summary>
    public WorkerLimits Limits { get; init; } = WorkerLimits.Default;

    /// <summary>Whether the standard input of the process stays open until this side closes it; otherwise it is at its end from the beginning.</summary>
    public bool HoldsInputOpen { get; init; }

    /// <summary>The program and whose process it is, without arguments and environment.</summary>
    public override string ToString() => WorkerId is null ? Executable : $"{Executable} (worker '{WorkerId}')";
}
