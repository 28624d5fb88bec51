namespace Udf.Worker.Transport.Internal;

/// <summary>
/// The payload of the frame that has not begun yet, expected to be as long as those before it: where it is received together with what stands before it, so that it need not be copied once its length is known.
/// Expects nothing before two large ones of the same length have come one after the other.
/// </summary>
/// <remarks>Not thread safe. Holds one buffer while the frame is awaited.</remarks>
internal sealed class ExpectedPayload(AlignedBufferPool pool, int mostAtOnce) : IDisposable
{
    /// <summary>Below this a copy costs less than the second piece of a receive.</summary>
    internal const int LeastBytes = 8 * 1024;

    /// <summary>Above this what is saved is next to nothing, and too much would be held for a frame that may not come.</summary>
    internal const int MostBytes = 1024 * 1024;

    private AlignedBuffer? _buffer;
    private int _lastBytes;
    private bool _isRepeated;

    /// <summary>Whether a buffer is held out.</summary>
    internal bool IsAwaited => _buffer is not null;

    /// <summary>How much has been put there.</summary>
    internal int Filled { get; private set; }

    /// <summary>Where its next bytes go. Never more than what can be put back if it turns out to be something else.</summary>
    internal Memory<byte> Free => _buffer is null ? default : _buffer.Memory[Filled..Math.Min(_buffer.Length, mostAtOnce)];

    internal void Commit(int count) => Filled += count;

    /// <summary>A frame has begun: so long is its payload if it stands where one is expected, otherwise 0.</summary>
    internal void Note(int payloadBytes)
    {
        _isRepeated = payloadBytes is >= LeastBytes and <= MostBytes && payloadBytes == _lastBytes;
        if (!_isRepeated)
        {
            Dispose();
        }

        _lastBytes = payloadBytes;
    }

    /// <summary>The next frame is awaited, and nothing of it is here.</summary>
    internal void Await()
    {
        if (_isRepeated && _buffer is null)
        {
            _buffer = pool.Rent(_lastBytes);
            Filled = 0;
        }
    }

    /// <summary>Takes the buffer for a payload of this length, if that is the one that was expected.</summary>
    internal AlignedBuffer? TryTake(int payloadBytes)
    {
        AlignedBuffer? buffer = _buffer?.Length == payloadBytes ? _buffer : null;
        _buffer = buffer is null ? _buffer : null;
        return buffer;
    }

    /// <summary>Puts what has come into another place, because it is something else, and expects nothing until there is reason again.</summary>
    internal int PutBack(Span<byte> place)
    {
        int count = Filled;
        _buffer!.Memory.Span[..count].CopyTo(place);
        Dispose();
        return count;
    }

    public void Dispose()
    {
        _buffer?.Dispose();
        _buffer = null;
        _lastBytes = 0;
        _isRepeated = false;
    }
}
