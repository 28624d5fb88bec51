namespace Udf.Worker.Protocol.Internal;

/// <summary>What has happened to a worker's execution while a callback of the function runs, and is acted on when it returns.</summary>
[Flags]
internal enum PendingEnds
{
    None = 0,

    /// <summary><c>Cancel</c> was received.</summary>
    Cancel = 1,

    /// <summary>Cancelled over the manage connection: the terminator waits for <c>Cancel</c>.</summary>
    Manage = 2,

    /// <summary>The worker ends and takes its executions with it.</summary>
    ShutDown = 4,

    /// <summary>Nothing more can be read from the connection, but it can be written to.</summary>
    Broken = 8,

    /// <summary>The engine is gone: there is nobody to send to.</summary>
    Gone = 16,
}
