namespace Udf.Worker.Direct.Internal;

/// <summary>Why workers are ended, in the words that the log and the errors have for it.</summary>
internal static class PoolReasons
{
    public const string FullOfNothing = "it took no session although none ran on it";

    public const string NoSession = "no session could be opened on it";

    public static string Describe(WorkerRetireReason reason) => reason switch
    {
        WorkerRetireReason.Idle => "it was idle for too long",
        WorkerRetireReason.Age => "it was too old",
        WorkerRetireReason.Sessions => "it had served as many sessions as it may",
        WorkerRetireReason.Memory => "it held too much memory",
        WorkerRetireReason.Broken => "its session failed",
        WorkerRetireReason.Died => "its connection was lost",
        WorkerRetireReason.Evicted => "its place in the budget was needed for others",
        WorkerRetireReason.Drained => "the pool was drained",
        WorkerRetireReason.Replaced => "it was replaced",
        WorkerRetireReason.Closed => "the dispatcher was closed",
        WorkerRetireReason.NoReuse => "its session has ended",
        WorkerRetireReason.Abandoned => "a session on it was never closed",
        WorkerRetireReason.NotNeeded => "nobody waits for it any more",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "Unknown reason."),
    };

    /// <summary>Why a worker is ended after its session failed.</summary>
    public static string OfFailure(Exception failure) => failure is WorkerTimeoutException timeout
        ? $"its session failed: {timeout.Setting} of {Text.Milliseconds(timeout.Timeout)} has passed"
        : "its session failed";
}
