namespace Udf.Worker;

/// <summary>A field of a specification's JSON that this version does not know and that the specification therefore lacks.</summary>
/// <param name="Path">Where it is: <c>direct.properties.colour</c>.</param>
/// <param name="LineNumber">Its line in the JSON, from 1.</param>
public sealed record WorkerSpecificationUnknownField(string Path, long LineNumber)
{
    /// <summary>Path and line as text.</summary>
    /// <returns>The field as text.</returns>
    public override string ToString() => $"{Path} (line {LineNumber})";
}
