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
    internal FrameAssembler(FrameLimit limit, AlignedBufferPool pool, bool separatesData = true)
    {
        _separatesData = separatesData;
        _limit = limit;
        _pool = pool;
    }

    /// <summary>Whether a part of a frame is here, and the rest is awaited.</summary>
    internal bool IsInsideFrame => _body is not null || _end > _start;

    /// <summary>Where the next bytes are to be put; never empty after <see cref="TryTake"/> has said that there is no frame.</summary>
    internal Memory<byte> Free => _body is not null ? _body.Memory[_bodyFilled..] : _window.AsMemory(_end);

    /// <summary>Notes that so many bytes have been put into <see cref="Free"/>.</summary>
    internal void Commit(int count)
    {
        if (_body is not null)
        {
            _bodyFilled += count;
        }
        else
        {
            _end += count;
        }
    }

    /// <summary>Puts bytes that were received by somebody else in front of what is to be received.</summary>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Free.Span);
        Commit(bytes.Length);
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
        ReadOnlySpan<byte> here = _bodyIsData ? start[payloadOffset..] : start;
        _body = _pool.Rent(_bodyIsData ? payloadBytes : header.MessageBytes);
        here.CopyTo(_body.Memory.Span);
        _bodyFilled = here.Length;
        _start += FrameHeader.SizeBytes + start.Length;
        return TryTakeBody(out frame);
    }

    private bool NeedMore(out ReceivedFrame frame)
    {
        // What is left is less than a header and a prefix: moving it costs nothing, and there is always room after it.
        _window.AsSpan(_start, _end - _start).CopyTo(_window);
        _end -= _start;
        _start = 0;
        frame = default;
        return false;
    }
}
