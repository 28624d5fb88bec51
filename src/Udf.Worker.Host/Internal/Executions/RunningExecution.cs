using System.Diagnostics.CodeAnalysis;

namespace Udf.Worker.Host.Internal;

/// <summary>One execution, from its <c>Init</c> to its end: what other threads know it by, and how they cancel it.</summary>
/// <remarks>Safe from any thread.</remarks>
[SuppressMessage("Reliability", "CA1001", Justification = "Somebody may be about to cancel when the execution ends, and a source without a timer or a wait handle holds nothing.")]
internal sealed class RunningExecution(string id)
{
    private readonly CancellationTokenSource _cancellation = new();
    private string? _reason;
    private int _isCancelRequested;

    internal string Id { get; } = id;

    internal CancellationToken CancellationToken => _cancellation.Token;

    /// <summary>Why it is stopped; the first reason given stands.</summary>
    internal string? Reason => Volatile.Read(ref _reason);

    /// <summary>Cancelled over the manage connection, by another thread. The function's token falls before this returns; what is registered with it runs elsewhere, because the caller must not wait.</summary>
    internal void RequestCancel(string? reason)
    {
        SetReason(reason);
        Volatile.Write(ref _isCancelRequested, 1);
        Interrupt();
    }

    /// <summary>Whether a cancel was requested since this was last asked.</summary>
    internal bool TakeCancelRequest() => Volatile.Read(ref _isCancelRequested) == 1 && Interlocked.Exchange(ref _isCancelRequested, 0) == 1;

    /// <summary>Trips the function's token. What is registered with it runs on the thread pool, and its exceptions are its own.</summary>
    internal void Interrupt() => _ = _cancellation.CancelAsync().ContinueWith(
        static task => _ = task.Exception,
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    internal void SetReason(string? reason)
    {
        if (reason is not null)
        {
            Interlocked.CompareExchange(ref _reason, reason, null);
        }
    }
}
