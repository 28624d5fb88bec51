namespace Udf.Worker.Direct.Internal;

/// <summary>One process as its part of the specification asks for it, before the options have been added.</summary>
/// <param name="Executable">A path, or a name that is looked up in the search path.</param>
/// <param name="Arguments">The arguments, each as it is.</param>
/// <param name="EnvironmentVariables">Variables that are added to the inherited ones or replace them. May hold secrets: never printed.</param>
/// <param name="HoldInputOpen">Whether the process's standard input stays open until it is closed by this side; otherwise it is at its end from the beginning.</param>
internal sealed record ProcessLaunch(
    string Executable,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> EnvironmentVariables,
    bool HoldInputOpen)
{
    /// <summary>The id of the worker; <see langword="null"/> for a callable.</summary>
    public string? WorkerId { get; init; }

    /// <summary>Where the worker will listen; <see langword="null"/> for a callable.</summary>
    public string? Address { get; init; }

    /// <summary>The complete description.</summary>
    /// <remarks>The limits are a worker's alone: an installation may need what a worker must not have.</remarks>
    public WorkerLaunch Complete(DirectWorkerSettings settings)
    {
        Dictionary<string, string> variables = settings.InheritedEnvironment.Read();
        foreach ((string name, string value) in EnvironmentVariables)
        {
            variables[name] = value;
        }

        variables[WorkerEnvironmentVariables.Host] = HostMark.Value;
        if (WorkerId is not null)
        {
            variables[WorkerEnvironmentVariables.Id] = WorkerId;
        }

        return new WorkerLaunch
        {
            Executable = Executable,
            Arguments = Arguments,
            EnvironmentVariables = variables,
            WorkingDirectory = settings.WorkingDirectory,
            WorkerId = WorkerId,
            Address = Address,
            Limits = WorkerId is null ? WorkerLimits.Default : settings.Limits,
            HoldsInputOpen = HoldInputOpen,
        };
    }
}
