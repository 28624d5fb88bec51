using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// Makes frames of bytes, wherever the bytes come from: it says where the next ones are to be put, and takes what was put there. Small frames share a window, so one receive may bring many;
/// what a large payload still lacks is received straight into the buffer that its reader will own.
/// </summary>
/// <remarks>Not thread safe. Holds at most the window and one frame; a frame over the limit is refused from its header, before anything is rented for it.</remarks>
internal sealed class FrameAssembler : IDisposable
{
    internal const int WindowBytes = 64 * 1024;

    private readonly AlignedBufferPool _pool;
    private readonly FrameLimit _limit;
    private readonly bool _separatesData;
    private readonly byte[] _window = GC.AllocateUninitializedArray<byte>(WindowBytes);
    private readonly ExpectedPayload? _expected;
    private int _start;
    private int _end;

    // The frame that has begun and does not fit the window, if there is one.
    private AlignedBuffer? _body;
    private int _bodyFilled;
    private bool _bodyIsData;
    private FrameFault? _fault;

    /// <param name="limit">What is taken.</param>
    /// <param name="pool">Where buffers come from.</param>
    /// <param name="separatesData">
    /// Whether payloads are cut out of data messages. Only on execute connections: elsewhere other messages have the bytes of one (a <c>ShutdownRequest</c> with a reason does).
    /// </param>
    /// <param name="receivesAhead">Whether who receives fills two places in one call: <see cref="Free"/>, then <see cref="Ahead"/>.</param>
    internal FrameAssembler(FrameLimit limit, AlignedBufferPool pool, bool separatesData = true, bool receivesAhead = false)
    {
        _separatesData = separatesData;
        _expected = separatesData && receivesAhead ? new ExpectedPayload(pool, WindowBytes - DataMessage.FramePrefixBytes) : null;
        _limit = limit;
        _pool = pool;
    }

    /// <summary>Whether a part of a frame is here, and the rest is awaited.</summary>
    internal bool IsInsideFrame => _body is not null || _end > _start;

    /// <summary>Where the next bytes are to be put; never empty after <see cref="TryTake"/> has said that there is no frame.</summary>
    internal Memory<byte> Free =>
        _body is not null ? _body.Memory[_bodyFilled..]
        : _expected is { IsAwaited: true } ? _window.AsMemory(_end, DataMessage.FramePrefixBytes - _end)
        : _window.AsMemory(_end);

    /// <summary>Where what comes behind a full <see cref="Free"/> is to be put in the same call; most often empty.</summary>
    internal Memory<byte> Ahead => _body is null && _expected is not null ? _expected.Free : default;

    /// <summary>Notes that so many bytes have been put into <see cref="Free"/>, and behind it into <see cref="Ahead"/>.</summary>
    internal void Commit(int count)
    {
        if (_body is not null)
        {
            _bodyFilled += count;
            return;
        }

        int ofFree = _expected is { IsAwaited: true } ? Math.Min(count, DataMessage.FramePrefixBytes - _end) : count;
        _end += ofFree;
        if (count > ofFree)
        {
            _expected!.Commit(count - ofFree);
        }
    }

    /// <summary>Puts bytes that were received by somebody else in front of what is to be received.</summary>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_window.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>What the stream has come to, if it has ended here.</summary>
    internal ReceivedFrame EndOfStream()
    {
        if (_fault is not null)
        {
            return ReceivedFrame.Broken(_fault);
        }

        if (!IsInsideFrame)
        {
            return ReceivedFrame.End;
        }

        return _body is not null
            ? ReceivedFrame.Broken(new FrameFault($"the stream ended inside a frame, {_body.Length - _bodyFilled} bytes before its end"))
            : ReceivedFrame.Broken(new FrameFault($"the stream ended inside a frame, after {_end - _start} bytes of it"));
    }

    /// <summary>Takes the next frame, if it is whole.</summary>
    /// <returns>Whether there is one, or the stream is found to be broken; otherwise more bytes are needed.</returns>
    internal bool TryTake(out ReceivedFrame frame)
    {
        if (_fault is not null)
        {
            frame = ReceivedFrame.Broken(_fault);
            return true;
        }

        return _body is not null ? TryTakeBody(out frame) : TryTakeFromWindow(out frame);
    }

    public void Dispose()
    {
        _body?.Dispose();
        _body = null;
        _expected?.Dispose();
        _fault ??= new FrameFault("its reader was closed");
    }

    private bool TryTakeBody(out ReceivedFrame frame)
    {
        if (_bodyFilled < _body!.Length)
        {
            frame = default;
            return false;
        }

        frame = _bodyIsData ? ReceivedFrame.Data(_body) : ReceivedFrame.Message(_body);
        _body = null;
        return true;
    }

    private bool TryTakeFromWindow(out ReceivedFrame frame)
    {
        if (_expected is { IsAwaited: true } && _end == DataMessage.FramePrefixBytes)
        {
            if (TryTakeExpected())
            {
                return TryTakeBody(out frame);
            }

            _end += _expected.PutBack(_window.AsSpan(_end));
        }

        ReadOnlySpan<byte> bytes = _window.AsSpan(_start, _end - _start);
        if (bytes.Length < FrameHeader.SizeBytes)
        {
            return NeedMore(out frame);
        }

        if (!FrameHeader.TryParse(bytes, _limit, out FrameHeader header, out FrameError? error))
        {
            _fault = new FrameFault(error.Message) { Refused = error };
            frame = ReceivedFrame.Broken(_fault);
            return true;
        }

        bytes = bytes[FrameHeader.SizeBytes..];
        ReadOnlySpan<byte> start = bytes[..Math.Min(bytes.Length, header.MessageBytes)];
        int payloadOffset = 0;
        int payloadBytes = 0;
        DataPeekStatus peek = _separatesData
            ? DataMessage.Peek(start, header.MessageBytes, out payloadOffset, out payloadBytes)
            : DataPeekStatus.NotSimple;
        if (peek == DataPeekStatus.NeedMore)
        {
            return NeedMore(out frame);
        }

        _bodyIsData = peek == DataPeekStatus.Data;
        _expected?.Note(_bodyIsData && FrameHeader.SizeBytes + payloadOffset == DataMessage.FramePrefixBytes ? payloadBytes : 0);
        ReadOnlySpan<byte> here = _bodyIsData ? start[payloadOffset..] : start;
        _body = _pool.Rent(_bodyIsData ? payloadBytes : header.MessageBytes);
        here.CopyTo(_body.Memory.Span);
        _bodyFilled = here.Length;
        _start += FrameHeader.SizeBytes + start.Length;
        return TryTakeBody(out frame);
    }

    /// <summary>Whether what has begun in the window is a batch whose payload is the one that was expected; it has its buffer then.</summary>
    private bool TryTakeExpected()
    {
        ReadOnlySpan<byte> prefix = _window.AsSpan(0, DataMessage.FramePrefixBytes);
        if (!FrameHeader.TryParse(prefix, _limit, out FrameHeader header, out _)
            || header.MessageBytes < DataMessage.FramePrefixBytes - FrameHeader.SizeBytes
            || DataMessage.Peek(prefix[FrameHeader.SizeBytes..], header.MessageBytes, out int payloadOffset, out int payloadBytes) != DataPeekStatus.Data
            || FrameHeader.SizeBytes + payloadOffset != DataMessage.FramePrefixBytes)
        {
            return false;
        }

        _body = _expected!.TryTake(payloadBytes);
        if (_body is null)
        {
            return false;
        }

        _bodyFilled = _expected.Filled;
        _bodyIsData = true;
        _start = 0;
        _end = 0;
        return true;
    }

    private bool NeedMore(out ReceivedFrame frame)
    {
        if (_start == _end)
        {
            _expected?.Await();
        }

        // What is left is less than a header and a prefix: moving it costs nothing, and there is always room after it.
        _window.AsSpan(_start, _end - _start).CopyTo(_window);
        _end -= _start;
        _start = 0;
        frame = default;
        return false;
    }
}
