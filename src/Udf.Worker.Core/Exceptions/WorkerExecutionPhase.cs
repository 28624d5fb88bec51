namespace Udf.Worker;

/// <summary>The part of an execution's life in which something happened.</summary>
public enum WorkerExecutionPhase
{
    /// <summary>From <c>Init</c> to its answer.</summary>
    Init,

    /// <summary>While batches travel.</summary>
    Data,

    /// <summary>In the function's finish callback, after the last batch.</summary>
    Finish,

    /// <summary>In the function's cancel callback.</summary>
    Cancel,
}
