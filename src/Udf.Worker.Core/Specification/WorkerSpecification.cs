namespace Udf.Worker;

/// <summary>placeholder</summary>
public sealed record WorkerSpecification;
