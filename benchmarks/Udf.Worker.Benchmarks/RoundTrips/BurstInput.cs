using System.Threading.Tasks.Sources;

namespace Udf.Worker.Benchmarks.RoundTrips;

/// <summary>An input stream that gives the same batch as often as it is told to, at once or when it is asked after that. Allocates nothing, blocks nobody, and moves no work to another thread.</summary>
internal sealed class BurstInput(ReadOnlyMemory<byte> batch) : IAsyncEnumerable<ReadOnlyMemory<byte>>, IAsyncEnumerator<ReadOnlyMemory<byte>>, IValueTaskSource<bool>
{
    private const int Asked = -1;

    // Continuations run where the result is set.
    private ManualResetValueTaskSourceCore<bool> _next;

    // How many batches may be given without being asked for; or that one is asked for and there is none.
    private int _state;
    private volatile bool _hasEnded;

    public ReadOnlyMemory<byte> Current => batch;

    public IAsyncEnumerator<ReadOnlyMemory<byte>> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

    public ValueTask<bool> MoveNextAsync()
    {
        while (true)
        {
            int count = Volatile.Read(ref _state);
            if (count > 0)
            {
                if (Interlocked.CompareExchange(ref _state, count - 1, count) == count)
                {
                    return new ValueTask<bool>(true);
                }

                continue;
            }

            if (_hasEnded)
            {
                return new ValueTask<bool>(false);
            }

            _next.Reset();
            var next = new ValueTask<bool>(this, _next.Version);
            if (Interlocked.CompareExchange(ref _state, Asked, 0) == 0)
            {
                // The end may have come between.
                return _hasEnded && Interlocked.CompareExchange(ref _state, 0, Asked) == Asked ? new ValueTask<bool>(false) : next;
            }
        }
    }

    /// <summary>Gives batches. Returns when the session has sent them, has left the rest to somebody else, or is still at the ones before.</summary>
    internal void Push(int count)
    {
        while (true)
        {
            int state = Volatile.Read(ref _state);
            int next = state == Asked ? count - 1 : state + count;
            if (Interlocked.CompareExchange(ref _state, next, state) == state)
            {
                if (state == Asked)
                {
                    _next.SetResult(true);
                }

                return;
            }
        }
    }

    /// <summary>Ends the stream. Not while batches are on their way.</summary>
    internal void End()
    {
        _hasEnded = true;
        if (Interlocked.CompareExchange(ref _state, 0, Asked) == Asked)
        {
            _next.SetResult(false);
        }
    }

    public ValueTask DisposeAsync() => default;

    bool IValueTaskSource<bool>.GetResult(short token) => _next.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _next.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _next.OnCompleted(continuation, state, token, flags);
}
