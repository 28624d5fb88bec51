using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// What all streams of one connection have to send, made one run of bytes: frames that are ready go out together, streams take turns, and a stream whose window is closed holds up itself alone.
/// Nothing waits for company: whoever writes takes what is there.
/// </summary>
/// <remarks>Thread safe. Holds two buffers of <see cref="BufferBytes"/>, one that is being filled and one that is being written, and beyond that what the streams' senders wait with.</remarks>
internal sealed class MultiplexedOutput
{
    internal const int BufferBytes = 2 * StreamFrameParser.MaxFrameBytes;

    private readonly Func<bool> _wake;
    private readonly Action _write;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Queue<OutgoingStream> _ready = new();
    private byte[] _filling = [];
    private byte[] _writing = [];
    private int _filled;
    private long _initialWindow = StreamSending.DefaultWindowBytes;
    private bool _isWoken;
    private bool _isWriting;
    private string? _fault;

    /// <param name="wake">
    /// Called, with the gate, when there is something to write and nobody writes or was woken already: who is woken calls <see cref="TryBeginWriting"/>. False if nobody comes at once.
    /// </param>
    /// <param name="write">Called before a sender blocks: writes what there is, if the caller's thread is to do so.</param>
    internal MultiplexedOutput(Func<bool> wake, Action write)
    {
        _wake = wake;
        _write = write;
    }

    /// <summary>How much waits to be written, at the moment and as far as it has had its turn.</summary>
    internal int FilledBytes => Volatile.Read(ref _filled);

    /// <summary>A stream has its number now, and may send.</summary>
    internal void Open(OutgoingStream stream, uint number)
    {
        lock (_gate)
        {
            stream.Open(number, _initialWindow);
        }
    }

    /// <summary>Sends a message, without a thread while it waits.</summary>
    /// <exception cref="IOException">Nothing can be sent on the stream any more.</exception>
    internal ValueTask SendAsync(OutgoingStream stream, in OutgoingMessage message)
    {
        lock (_gate)
        {
            if (!TryBeginUnsynchronized(stream, message))
            {
                return ValueTask.CompletedTask;
            }

            ValueTask sent = stream.HasMessage ? stream.AwaitMessage() : default;
            WakeIfNeededUnsynchronized();
            return sent;
        }
    }

    /// <summary>Sends a message, and blocks while it waits.</summary>
    /// <exception cref="IOException">Nothing can be sent on the stream any more.</exception>
    /// <exception cref="OperationCanceledException">It was dropped, because the execution is cancelled.</exception>
    internal void Send(OutgoingStream stream, in OutgoingMessage message)
    {
        bool blocks;
        lock (_gate)
        {
            if (!TryBeginUnsynchronized(stream, message))
            {
                throw Dropped();
            }

            blocks = stream.HasMessage;
            if (blocks)
            {
                stream.PrepareToBlock();
            }

            WakeIfNeededUnsynchronized();
        }

        if (blocks)
        {
            _write();
            stream.Block();
        }
    }

    /// <summary>Tells the peer that it may send more on a stream.</summary>
    internal void Grant(OutgoingStream stream, uint bytes)
    {
        lock (_gate)
        {
            stream.Grant += stream.Fault is null ? bytes : 0;
            GoOnUnsynchronized(stream);
        }
    }

    /// <summary>The peer takes more on a stream.</summary>
    /// <returns>Why the connection is broken, if it is.</returns>
    internal MultiplexError? Granted(OutgoingStream stream, long bytes)
    {
        lock (_gate)
        {
            MultiplexError? error = stream.Sending.Grant(stream.Number, bytes);
            GoOnUnsynchronized(stream);
            return error;
        }
    }

    /// <summary>The peer has said with which window all streams begin, those that have begun included.</summary>
    /// <returns>Why the connection is broken, if it is.</returns>
    internal MultiplexError? SetInitialWindow(uint bytes, IEnumerable<OutgoingStream> open)
    {
        if (new StreamSending(0).Grant(0, bytes) is { } error)
        {
            return error;
        }

        long change;
        lock (_gate)
        {
            change = bytes - _initialWindow;
            _initialWindow = bytes;
        }

        foreach (OutgoingStream stream in open)
        {
            _ = Granted(stream, change); // None of them has been granted anything yet, and their windows are all within the limit.
        }

        return null;
    }

    /// <summary>From now on data of a stream is dropped as long as nothing of it has been sent: its cancellation follows, or has come.</summary>
    internal void Discard(OutgoingStream stream)
    {
        lock (_gate)
        {
            stream.IsDiscarding = true;
            if (stream.MayDropMessage)
            {
                stream.EndMessage(stream.IsBlocking ? Dropped() : null);
            }
        }
    }

    /// <summary>Nothing more is sent on a stream, but a reset if there is one.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="fault">What a sender is told that comes too late or still waits.</param>
    /// <param name="reset">Its last word; <see langword="null"/> if it has had that.</param>
    internal void End(OutgoingStream stream, string fault, StreamReset? reset)
    {
        lock (_gate)
        {
            if (stream.Fault is not null)
            {
                return;
            }

            stream.Fault = fault;
            stream.Grant = 0;
            stream.Reset = stream.Number == 0 ? null : reset?.ToFrame(stream.Number);
            stream.GiveUpMessage(new IOException(fault));
            GoOnUnsynchronized(stream);
        }
    }

    /// <summary>The connection is broken: nothing is sent any more.</summary>
    internal void Fail(string fault)
    {
        lock (_gate)
        {
            _fault ??= fault;
            _ready.Clear();
            _filled = 0;
        }
    }

    /// <summary>Becomes the one who writes, if there is something to write and nobody does.</summary>
    /// <param name="isWoken">Whether this is who was woken: the next change wakes anew, unless somebody writes then, who takes it along.</param>
    /// <returns>Whether <see cref="TryTake"/> is now to be called until there is nothing.</returns>
    internal bool TryBeginWriting(bool isWoken)
    {
        lock (_gate)
        {
            _isWoken &= !isWoken;
            return !_isWriting && _fault is null && HasSomethingUnsynchronized() && (_isWriting = true);
        }
    }

    /// <summary>Takes what there is to write. Called by whoever writes, again and again until there is nothing: then he writes no more. What was taken before has been written by then.</summary>
    internal bool TryTake(out ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            while (_ready.TryPeek(out OutgoingStream? stream) && TryPutNextUnsynchronized(stream))
            {
                _ready.Dequeue();
                stream.IsQueued = stream.CanGoOn;
                if (stream.IsQueued)
                {
                    _ready.Enqueue(stream);
                }
            }

            if (_filled == 0 || _fault is not null)
            {
                _isWriting = false;
                bytes = default;
                return false;
            }

            bytes = _filling.AsMemory(0, _filled);
            (_filling, _writing) = (_writing, _filling);
            _filled = 0;
            return true;
        }
    }

    private static OperationCanceledException Dropped() => new("The execution is cancelled, and takes no more output.");

    private void GoOnUnsynchronized(OutgoingStream stream)
    {
        AdvanceUnsynchronized(stream);
        WakeIfNeededUnsynchronized();
    }

    // False if the message is dropped.
    private bool TryBeginUnsynchronized(OutgoingStream stream, in OutgoingMessage message)
    {
        if ((stream.Fault ?? _fault) is { } fault)
        {
            throw new IOException(fault);
        }

        if (stream.IsDiscarding && message.IsDroppable)
        {
            return false;
        }

        stream.Begin(message);
        AdvanceUnsynchronized(stream);
        return true;
    }

    // As far as there is room and nobody else waits for a turn; what is left waits for one itself, unless it waits for its window.
    private void AdvanceUnsynchronized(OutgoingStream stream)
    {
        if (stream.IsQueued || _fault is not null)
        {
            return;
        }

        while (_ready.Count == 0 && stream.CanGoOn && TryPutNextUnsynchronized(stream))
        {
        }

        if (stream.CanGoOn)
        {
            stream.IsQueued = true;
            _ready.Enqueue(stream);
        }
    }

    // One turn. False if there is no room for it.
    private bool TryPutNextUnsynchronized(OutgoingStream stream)
    {
        if (!stream.CanGoOn)
        {
            return true;
        }

        if (_filling.Length == 0)
        {
            _filling = GC.AllocateUninitializedArray<byte>(BufferBytes);
        }

        int room = _filling.Length - _filled;
        if (stream.Grant > 0)
        {
            if (room < StreamFrameHeader.SizeBytes + StreamFrameHeader.WindowBytes)
            {
                return false;
            }

            _filled += StreamFrameHeader.WriteWindow(_filling.AsSpan(_filled), stream.Number, stream.Grant);
            stream.Grant = 0;
            return true;
        }

        if (stream.MayReset && stream.Reset is { } reset)
        {
            if (room < reset.Length)
            {
                return false;
            }

            reset.CopyTo(_filling, _filled);
            _filled += reset.Length;
            stream.Reset = null;
            return true;
        }

        if (room < stream.NextFrameBytes)
        {
            return false;
        }

        _filled += stream.WriteFrame(_filling.AsSpan(_filled));
        return true;
    }

    private bool HasSomethingUnsynchronized() => _filled > 0 || _ready.Count > 0;

    private void WakeIfNeededUnsynchronized()
    {
        if (!_isWoken && !_isWriting && _fault is null && HasSomethingUnsynchronized())
        {
            _isWoken = _wake();
        }
    }
}
