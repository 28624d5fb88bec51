namespace Udf.Worker;

/// <summary>What a specification's JSON holds: the specification, and what was there besides.</summary>
public sealed record WorkerSpecificationJsonResult
{
    internal WorkerSpecificationJsonResult(WorkerSpecification specification, ValueList<WorkerSpecificationUnknownField> unknownFields, string? filePath)
    {
        Specification = specification;
        UnknownFields = unknownFields;
        FilePath = filePath;
    }

    /// <summary>The specification as it was read, not validated.</summary>
    public WorkerSpecification Specification { get; }

    /// <summary>The fields that were read over because this version does not know them, in the order of the JSON; empty if there were none.</summary>
    public ValueList<WorkerSpecificationUnknownField> UnknownFields { get; }

    /// <summary>The file it was loaded from; null if it was parsed.</summary>
    public string? FilePath { get; }

    /// <summary>Throws if there are <see cref="UnknownFields"/>, for those who would rather not run a worker with half of its description.</summary>
    /// <returns>The specification, if there are none.</returns>
    /// <exception cref="WorkerSpecificationFormatException">There are unknown fields; the message names all of them.</exception>
    public WorkerSpecification ThrowIfUnknownFields() =>
        UnknownFields.IsEmpty
            ? Specification
            : throw new WorkerSpecificationFormatException(
                $"It holds fields that this version does not know: {string.Join(", ", UnknownFields)}.",
                "Remove them or correct their spelling.",
                UnknownFields[0].Path,
                UnknownFields[0].LineNumber,
                columnNumber: null,
                FilePath);
}
