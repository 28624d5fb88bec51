namespace Udf.Worker;

/// <summary>A transport that is not part of this library, known by its name to the dispatcher that offers it.</summary>
public sealed record CustomConnection : WorkerConnectionSpecification
{
    /// <summary>The transport's name; not empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>Settings that only the transport understands, by name.</summary>
    public ValueMap<string, string> Settings { get; init; } = [];

    internal override string FieldName => SpecificationFields.Custom;
}
