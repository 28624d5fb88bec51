using System.Threading.Tasks.Sources;

namespace Udf.Worker.Benchmarks.Sessions;

/// <summary>An input stream that gives a batch when it is told to, or when it is asked after that. Allocates nothing and blocks nobody.</summary>
internal sealed class PingPongInput(ReadOnlyMemory<byte> batch) : IAsyncEnumerable<ReadOnlyMemory<byte>>, IAsyncEnumerator<ReadOnlyMemory<byte>>, IValueTaskSource<bool>
{
    private const int Neither = 0;
    private const int Asked = 1;
    private const int Pushed = 2;

    // Continuations run where the result is set.
    private ManualResetValueTaskSourceCore<bool> _next;
    private int _state;
    private bool _hasBatch = true;

    public ReadOnlyMemory<byte> Current => batch;

    public IAsyncEnumerator<ReadOnlyMemory<byte>> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    public ValueTask<bool> MoveNextAsync()
    {
        _next.Reset();
        var next = new ValueTask<bool>(this, _next.Version);
        if (Interlocked.CompareExchange(ref _state, Asked, Neither) == Neither)
        {
            return next;
        }

        _state = Neither;
        return new ValueTask<bool>(_hasBatch);
    }

    /// <summary>Gives the next batch.</summary>
    internal void Push()
    {
        if (Interlocked.CompareExchange(ref _state, Pushed, Neither) == Asked)
        {
            _state = Neither;
            _next.SetResult(_hasBatch);
        }
    }

    /// <summary>Ends the stream.</summary>
    internal void End()
    {
        _hasBatch = false;
        Push();
    }

    public ValueTask DisposeAsync() => default;

    bool IValueTaskSource<bool>.GetResult(short token) => _next.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _next.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _next.OnCompleted(continuation, state, token, flags);
}
