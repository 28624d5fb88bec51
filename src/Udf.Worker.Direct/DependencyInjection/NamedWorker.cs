using Udf.Worker;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>A worker that can be asked for by its name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Specification">What it is.</param>
/// <param name="FilePath">The file that it was loaded from, if it was.</param>
/// <param name="UnknownFields">What that file holds besides.</param>
internal sealed record NamedWorker(string Name, WorkerSpecification Specification, string? FilePath = null, ValueList<WorkerSpecificationUnknownField> UnknownFields = default);
