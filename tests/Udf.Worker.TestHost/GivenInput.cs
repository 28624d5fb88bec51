using System.Threading.Tasks.Sources;

namespace Udf.Worker.TestHost;

/// <summary>An input that yields each batch when it is given it, on the thread that gives it, and allocates nothing.</summary>
internal sealed class GivenInput : IAsyncEnumerable<ReadOnlyMemory<byte>>, IAsyncEnumerator<ReadOnlyMemory<byte>>, IValueTaskSource<bool>
{
    private readonly ManualResetEventSlim _asked = new();
    private ManualResetValueTaskSourceCore<bool> _next;

    public ReadOnlyMemory<byte> Current { get; private set; }

    public IAsyncEnumerator<ReadOnlyMemory<byte>> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    public ValueTask<bool> MoveNextAsync()
    {
        _next.Reset();
        var next = new ValueTask<bool>(this, _next.Version);
        _asked.Set();
        return next;
    }

    /// <summary>Gives a batch, once it is asked for: that may be a moment after the answer to the last one, if the rest of that was still being sent.</summary>
    internal void Give(ReadOnlyMemory<byte> batch)
    {
        Current = batch;
        Answer(hasBatch: true);
    }

    internal void End() => Answer(hasBatch: false);

    public ValueTask DisposeAsync() => default;

    bool IValueTaskSource<bool>.GetResult(short token) => _next.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _next.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _next.OnCompleted(continuation, state, token, flags);

    private void Answer(bool hasBatch)
    {
        _asked.Wait();
        _asked.Reset();
        _next.SetResult(hasBatch);
    }
}
