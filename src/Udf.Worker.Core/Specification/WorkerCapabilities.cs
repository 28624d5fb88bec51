namespace Udf.Worker;

/// <summary>What a worker can do.</summary>
public sealed record WorkerCapabilities
{
    /// <summary>The formats of batches that the worker takes and gives; at least one. Input and output of one execution have the same.</summary>
    public ValueList<WorkerDataFormat> DataFormats { get; init; } = [];

    /// <summary>The patterns that the worker speaks; <see cref="WorkerCommunicationPattern.BidirectionalStreaming"/> must be among them.</summary>
    public ValueList<WorkerCommunicationPattern> CommunicationPatterns { get; init; } = [];

    /// <summary>Whether one worker runs several executions at the same time. Null: not said, which counts as no.</summary>
    public bool? SupportsConcurrentUdfs { get; init; }

    /// <summary>Whether a worker can serve another execution after one has ended. Null: not said, which counts as no: the worker ends after one execution.</summary>
    public bool? SupportsReuse { get; init; }

    /// <summary>Whether the worker answers its manage connection whatever its functions do.</summary>
    public bool ManageIsIndependent { get; init; }
}
