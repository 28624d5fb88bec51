using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>A message that is being put together for whoever waits for it. A batch in the usual encoding goes straight into the buffer that its reader will own.</summary>
/// <remarks>Not thread safe. Holds one message, which is bounded by the limit for frames.</remarks>
internal sealed class IncomingMessage(StreamDirection direction, int maxMessageBytes)
{
    private AlignedBuffer? _buffer;
    private byte[] _prefix = [];
    private int _prefixBytes;
    private int _filled;
    private bool _isData;
    private bool _hasBegun;

    /// <summary>The message, once its last piece has been appended.</summary>
    internal ReceivedFrame? Whole { get; private set; }

    /// <summary>Makes a frame of a message that is there in one piece.</summary>
    internal static ReceivedFrame Of(ReadOnlySpan<byte> message)
    {
        bool isData = DataMessage.TryGetPayload(message, out int offset, out int length);
        ReadOnlySpan<byte> content = isData ? message.Slice(offset, length) : message;
        AlignedBuffer buffer = AlignedBufferPool.Shared.Rent(content.Length);
        content.CopyTo(buffer.Memory.Span);
        return isData ? ReceivedFrame.Data(buffer) : ReceivedFrame.Message(buffer);
    }

    /// <summary>Appends the next piece.</summary>
    internal void Append(ReadOnlySpan<byte> piece, bool isLast)
    {
        if (!_hasBegun)
        {
            if (isLast)
            {
                Whole = Of(piece);
                return;
            }

            Begin(ref piece);
        }

        EnsureRoom(piece.Length);
        piece.CopyTo(_buffer!.Memory.Span[_filled..]);
        _filled += piece.Length;
        if (isLast)
        {
            Finish();
        }
    }

    /// <summary>Takes the whole message, and is ready for the next.</summary>
    internal ReceivedFrame Take()
    {
        ReceivedFrame frame = Whole!.Value;
        Whole = null;
        _hasBegun = false;
        return frame;
    }

    /// <summary>Forgets what has begun.</summary>
    internal void Drop()
    {
        _buffer?.Dispose();
        _buffer = null;
        Whole?.Buffer?.Dispose();
        Whole = null;
        _hasBegun = false;
    }

    private void Begin(ref ReadOnlySpan<byte> piece)
    {
        _hasBegun = true;
        _filled = 0;
        _isData = false;
        StreamMessageKind kind = StreamMessages.Classify(piece, isWhole: false, direction, out long declared);
        if (kind == StreamMessageKind.Data
            && declared <= maxMessageBytes
            && declared >= piece.Length
            && DataMessage.Peek(piece, (int)declared, out int offset, out int length) == DataPeekStatus.Data)
        {
            _isData = true;
            KeepPrefix(piece[..offset]);
            _buffer = AlignedBufferPool.Shared.Rent(length);
            piece = piece[offset..];
        }
        else
        {
            _buffer = AlignedBufferPool.Shared.Rent(Math.Max(2 * piece.Length, (int)Math.Min(declared, maxMessageBytes)));
        }
    }

    private void KeepPrefix(ReadOnlySpan<byte> prefix)
    {
        if (_prefix.Length < prefix.Length)
        {
            _prefix = new byte[Math.Max(prefix.Length, DataMessage.LongFramePrefixBytes)];
        }

        prefix.CopyTo(_prefix);
        _prefixBytes = prefix.Length;
    }

    private void EnsureRoom(int count)
    {
        if (_filled + count > _buffer!.Length)
        {
            Widen(count);
        }
    }

    // Also for what looked like a batch and is something else: legal perhaps, and for the parser in any case.
    private void Widen(int count)
    {
        int before = _isData ? _prefixBytes : 0;
        AlignedBuffer larger = AlignedBufferPool.Shared.Rent(checked(Math.Max(2 * _buffer!.Length, before + _filled + count)));
        _prefix.AsSpan(0, before).CopyTo(larger.Memory.Span);
        _buffer.Memory.Span[.._filled].CopyTo(larger.Memory.Span[before..]);
        _buffer.Dispose();
        _buffer = larger;
        _filled += before;
        _isData = false;
    }

    private void Finish()
    {
        if (_isData && _filled < _buffer!.Length)
        {
            Widen(0);
        }

        AlignedBuffer buffer = _buffer!;
        _buffer = null;
        buffer.Resize(_filled);
        Whole = _isData ? ReceivedFrame.Data(buffer) : ReceivedFrame.Message(buffer);
    }
}
