namespace Udf.Worker;

/// <summary>Where a session is in its life. It only ever goes down this list.</summary>
public enum WorkerSessionState
{
    /// <summary>Made; nothing has been sent.</summary>
    Created,

    /// <summary><see cref="WorkerSession.InitAsync"/> is running.</summary>
    Initializing,

    /// <summary>The worker has accepted the function.</summary>
    Initialized,

    /// <summary><see cref="WorkerSession.ProcessAsync"/> has been called.</summary>
    Streaming,

    /// <summary>The end of the input has been sent; output may still come.</summary>
    Finishing,

    /// <summary>The cancellation has been sent; its answer is awaited.</summary>
    Cancelling,

    /// <summary>Over: <see cref="WorkerSession.Outcome"/> says how. It does not change any more.</summary>
    Terminal,
}
