using System.Threading.Tasks.Sources;

namespace Udf.Worker.Benchmarks.RoundTrips;

/// <summary>
/// An input stream that gives a batch when it is told to, and ends when it is told to. Allocates nothing, and moves no work to another thread: <see cref="Push"/> returns when the session has
/// sent the batch or has left the rest of it to the kernel.
/// </summary>
internal sealed class LockstepInput(ReadOnlyMemory<byte> batch) : IAsyncEnumerable<ReadOnlyMemory<byte>>, IAsyncEnumerator<ReadOnlyMemory<byte>>, IValueTaskSource<bool>
{
    // Continuations run where the result is set.
    private ManualResetValueTaskSourceCore<bool> _next;
    private readonly ManualResetEventSlim _asked = new();

    public ReadOnlyMemory<byte> Current => batch;

    public IAsyncEnumerator<ReadOnlyMemory<byte>> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    /// <summary>The session asks for the next batch.</summary>
    public ValueTask<bool> MoveNextAsync()
    {
        _next.Reset();
        var next = new ValueTask<bool>(this, _next.Version);
        _asked.Set();
        return next;
    }

    /// <summary>Gives the batch to the session, once it has asked.</summary>
    internal void Push() => Answer(hasBatch: true);

    /// <summary>Ends the stream.</summary>
    internal void End() => Answer(hasBatch: false);

    public ValueTask DisposeAsync() => default;

    bool IValueTaskSource<bool>.GetResult(short token) => _next.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _next.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _next.OnCompleted(continuation, state, token, flags);

    private void Answer(bool hasBatch)
    {
        // It asks after it has sent the last batch, which may still be going on when the answer to that is here.
        _asked.Wait();
        _asked.Reset();
        _next.SetResult(hasBatch);
    }
}
