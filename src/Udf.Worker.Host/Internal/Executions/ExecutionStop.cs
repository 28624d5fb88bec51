namespace Udf.Worker.Host.Internal;

/// <summary>What was asked of a connection or an execution by another thread than its own.</summary>
[Flags]
internal enum ExecutionStop
{
    None = 0,

    /// <summary>Cancelled over the manage connection: nothing is said until <c>Cancel</c> comes.</summary>
    Cancel = 1,

    /// <summary>The worker shuts down and takes its executions with it: the engine is told.</summary>
    ShutDown = 2,

    /// <summary>The worker ends, and nobody is there to be told.</summary>
    End = 4,
}
