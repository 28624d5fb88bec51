namespace Udf.Worker;

/// <summary>An environment variable of the engine's process that the worker's sessions ask for.</summary>
public sealed record WorkerContextReference
{
    /// <summary>The name of the variable in the engine's process; not empty.</summary>
    public string Source { get; init; } = "";

    /// <summary>The value if the engine's process has no such variable. Null: the variable is then left out.</summary>
    public string? DefaultValue { get; init; }
}
