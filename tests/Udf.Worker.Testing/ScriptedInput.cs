namespace Udf.Worker.Testing;

/// <summary>An input stream whose every step the test decides. Unless told otherwise it yields <c>count</c> batches, the n-th being the one byte n, and obeys its token.</summary>
public sealed class ScriptedInput(int count = 0) : IAsyncEnumerable<ReadOnlyMemory<byte>>
{
    /// <summary>Called when the enumerator is asked for.</summary>
    public Action OnStart { get; set; } = static () => { };

    /// <summary>Called before batch n, from 0; the result says whether there is one.</summary>
    public Func<int, CancellationToken, ValueTask<bool>>? OnNext { get; set; }

    public Func<int, ReadOnlyMemory<byte>> OnCurrent { get; set; } = static index => new byte[] { (byte)index };

    public Func<ValueTask> OnDispose { get; set; } = static () => default;

    public int EnumeratorCount { get; private set; }

    public int DisposeCount { get; private set; }

    public CancellationToken Token { get; private set; }

    public IAsyncEnumerator<ReadOnlyMemory<byte>> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        EnumeratorCount++;
        Token = cancellationToken;
        OnStart();
        return new Enumerator(this);
    }

    private ValueTask<bool> NextAsync(int index)
    {
        if (OnNext is not null)
        {
            return OnNext(index, Token);
        }

        Token.ThrowIfCancellationRequested();
        return new(index < count);
    }

    private sealed class Enumerator(ScriptedInput input) : IAsyncEnumerator<ReadOnlyMemory<byte>>
    {
        private int _next = -1;

        public ReadOnlyMemory<byte> Current => input.OnCurrent(_next);

        public ValueTask<bool> MoveNextAsync() => input.NextAsync(++_next);

        public ValueTask DisposeAsync()
        {
            input.DisposeCount++;
            return input.OnDispose();
        }
    }
}
