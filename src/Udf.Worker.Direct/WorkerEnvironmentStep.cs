namespace Udf.Worker.Direct;

/// <summary>A step of the preparation of a worker's environment.</summary>
public enum WorkerEnvironmentStep
{
    /// <summary>The callable that says whether anything is to be installed.</summary>
    Verification,

    /// <summary>The callable that makes the environment.</summary>
    Installation,
}
