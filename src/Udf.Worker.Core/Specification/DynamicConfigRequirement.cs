namespace Udf.Worker;

/// <summary>How much the worker's sessions need a setting that the engine knows only when a session begins.</summary>
public sealed record DynamicConfigRequirement
{
    /// <summary>True: a session without this setting fails to begin. False: the setting is left out if the engine does not have it.</summary>
    public bool IsRequired { get; init; }
}
