namespace Udf.Worker;

/// <summary>How an execution and its worker exchange batches. The numbers are those of the wire.</summary>
public enum WorkerCommunicationPattern
{
    /// <summary>Not said. A specification must not declare it.</summary>
    Unspecified = 0,

    /// <summary>Input and output are two streams that run at the same time (<c>BIDIRECTIONAL_STREAMING</c>).</summary>
    BidirectionalStreaming = 1,
}
