namespace Udf.Worker.Transport;

/// <summary>Which executions share a connection to their worker. One that does not offer it is asked once, and then served as with <see cref="Never"/>.</summary>
public enum MultiplexingMode
{
    /// <summary>
    /// Those whose session expects batches below 64 KiB (<see cref="WorkerSessionOptions.ExpectedBatchBytes"/>). Of a session that says nothing, those whose function had small batches in its last executions,
    /// if several run on the worker at that moment.
    /// </summary>
    SmallBatches,

    /// <summary>None: each execution has a connection of its own.</summary>
    Never,

    /// <summary>All, whatever the size of their batches.</summary>
    Always,
}
