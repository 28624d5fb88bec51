namespace Udf.Worker;

/// <summary>What each session with the worker is given when it begins.</summary>
public sealed record WorkerSessionSpecification
{
    /// <summary>Settings that go to every session as they are.</summary>
    public ValueMap<string, string> StaticConfig { get; init; } = [];

    /// <summary>
    /// Variables of the engine's environment that sessions ask for, by the name under which they are handed over.
    /// To ask for one does not authorize it.
    /// </summary>
    public ValueMap<string, WorkerContextReference> EnvironmentVariableReferences { get; init; } = [];

    /// <summary>Settings that sessions ask the engine for, by name.</summary>
    public ValueMap<string, DynamicConfigRequirement> DynamicConfig { get; init; } = [];

    /// <summary>Logical names of directories that the engine has to name to each session; not empty, none twice.</summary>
    public ValueList<string> RequiredResourceDirectories { get; init; } = [];
}
