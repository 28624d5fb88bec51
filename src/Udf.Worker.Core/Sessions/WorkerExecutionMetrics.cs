namespace Udf.Worker;

/// <summary>What a worker measured of one execution. <see langword="null"/> means not measured, 0 means measured as zero. Bytes are those of payloads, without framing.</summary>
public sealed record WorkerExecutionMetrics
{
    /// <summary>Payload bytes that the function received.</summary>
    public ulong? BytesIn { get; init; }

    /// <summary>Payload bytes that the function sent.</summary>
    public ulong? BytesOut { get; init; }

    /// <summary>Rows that the function received.</summary>
    public ulong? RowsIn { get; init; }

    /// <summary>Rows that the function sent.</summary>
    public ulong? RowsOut { get; init; }

    /// <summary>Batches that the function received.</summary>
    public ulong? BatchesIn { get; init; }

    /// <summary>Batches that the function sent.</summary>
    public ulong? BatchesOut { get; init; }

    /// <summary>Time from <c>Init</c> to its answer.</summary>
    public TimeSpan? InitTime { get; init; }

    /// <summary>Time from the answer of init to the terminator.</summary>
    public TimeSpan? ProcessingTime { get; init; }

    /// <summary>Time spent waiting for input. It is no denominator for a rate of transfer.</summary>
    public TimeSpan? ReceiveTime { get; init; }

    /// <summary>Time spent waiting for output to be taken. It is no denominator for a rate of transfer.</summary>
    public TimeSpan? SendTime { get; init; }

    /// <summary>Time spent in the function.</summary>
    public TimeSpan? WorkTime { get; init; }

    /// <summary>Processor time spent in the function.</summary>
    public TimeSpan? WorkCpuTime { get; init; }
}
