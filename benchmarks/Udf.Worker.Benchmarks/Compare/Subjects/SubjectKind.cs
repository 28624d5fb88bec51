namespace Udf.Worker.Benchmarks.Compare;

/// <summary>What a subject does with its messages.</summary>
internal enum SubjectKind
{
    /// <summary>There and back, one at a time.</summary>
    RoundTrip,

    /// <summary>The same, each after a pause in which nothing happens.</summary>
    IdleRoundTrip,

    /// <summary>There and back, as many on their way as there is room for.</summary>
    Echo,

    /// <summary>To the worker only.</summary>
    ToWorker,

    /// <summary>From the worker only.</summary>
    FromWorker,

    /// <summary>There and back, one at a time in each of many sessions.</summary>
    Sessions,

    /// <summary>A process is started for each, and answers it.</summary>
    Start,

    /// <summary>A session for each after a pause, on a worker that is there already.</summary>
    Acquire,
}
