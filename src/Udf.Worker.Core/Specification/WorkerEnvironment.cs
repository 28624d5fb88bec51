namespace Udf.Worker;

/// <summary>
/// What makes a machine ready for a worker, run once for each dispatcher: verification says whether anything is to be done, installation does it,
/// cleanup takes it away after the last worker has ended.
/// </summary>
public sealed record WorkerEnvironment
{
    /// <summary>Makes the environment; exit code 0 is success. Null if nothing needs to be installed. Required if <see cref="Verification"/> is there.</summary>
    public ProcessCallable? Installation { get; init; }

    /// <summary>Exit code 0 says that the environment is ready and the installation is left out. Null: the installation always runs.</summary>
    public ProcessCallable? Verification { get; init; }

    /// <summary>Runs once, after all workers have ended. Null if nothing needs to be taken away.</summary>
    public ProcessCallable? Cleanup { get; init; }
}
