namespace Udf.Worker;

/// <summary>How a direct worker is reached and how long its beginning and its end may take.</summary>
public sealed record WorkerProperties
{
    /// <summary>
    /// How long a worker may take from its start until it answers. Whole milliseconds, from zero to <see cref="int.MaxValue"/> of them.
    /// Null or zero: the dispatcher's default. The dispatcher may have a maximum.
    /// </summary>
    public TimeSpan? InitializationTimeout { get; init; }

    /// <summary>
    /// How long a worker may take to end after it was asked to, before it is killed. Whole milliseconds, from zero to <see cref="int.MaxValue"/> of them.
    /// Null or zero: the dispatcher's default. The dispatcher may have a maximum.
    /// </summary>
    public TimeSpan? GracefulTerminationTimeout { get; init; }

    /// <summary>Over what the worker is reached. Required.</summary>
    public WorkerConnectionSpecification? Connection { get; init; }

    /// <summary>What carries the messages over that connection.</summary>
    public WorkerCarrier Carrier { get; init; }
}
