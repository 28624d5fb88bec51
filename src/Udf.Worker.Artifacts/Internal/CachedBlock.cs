namespace Udf.Worker.Artifacts.Internal;

/// <summary>Bytes in memory that several sessions share: a session and its clones. Held once at first; the last one that lets go lets the bytes go.</summary>
/// <remarks>Thread safe.</remarks>
internal sealed class CachedBlock(ReadOnlyMemory<byte> content)
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private ReadOnlyMemory<byte> _content = content;
    private int _holderCount = 1;

    /// <exception cref="ObjectDisposedException">Everybody has let go of it.</exception>
    internal ReadOnlyMemory<byte> Content
    {
        get
        {
            lock (_gate)
            {
                ThrowIfReleasedUnsynchronized();
                return _content;
            }
        }
    }

    internal bool IsReleased
    {
        get
        {
            lock (_gate)
            {
                return _holderCount == 0;
            }
        }
    }

    /// <summary>One more holder.</summary>
    /// <exception cref="ObjectDisposedException">Everybody has let go of it.</exception>
    internal CachedBlock Retain()
    {
        lock (_gate)
        {
            ThrowIfReleasedUnsynchronized();
            _holderCount++;
            return this;
        }
    }

    /// <exception cref="ObjectDisposedException">It was released more often than held.</exception>
    internal void Release()
    {
        lock (_gate)
        {
            ThrowIfReleasedUnsynchronized();
            if (--_holderCount == 0)
            {
                _content = default;
            }
        }
    }

    private void ThrowIfReleasedUnsynchronized()
    {
        if (_holderCount == 0)
        {
            throw new ObjectDisposedException(nameof(CachedBlock), "The cached artifact was released by everybody who held it.");
        }
    }
}
