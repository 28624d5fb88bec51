namespace Udf.Worker;

/// <summary>What a <see cref="WorkerConnection"/> can do besides opening sessions.</summary>
[Flags]
public enum WorkerConnectionFeatures
{
    /// <summary>Only sessions: the dispatcher goes straight to signals.</summary>
    None = 0,

    /// <summary><see cref="WorkerConnection.PingAsync"/> works.</summary>
    Ping = 1,

    /// <summary><see cref="WorkerConnection.RequestShutdownAsync"/> works.</summary>
    Shutdown = 2,

    /// <summary><see cref="WorkerConnection.CancelExecutionAsync"/> works.</summary>
    CancelExecution = 4,
}
