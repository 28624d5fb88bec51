using System.Buffers;
using System.Buffers.Binary;

namespace Udf.Worker.Transport.Internal;

/// <summary>Frames of one stream that nobody has taken yet, close together: a thousand small ones take little more than their bytes. Empty, it holds nothing.</summary>
/// <remarks>Not thread safe. What it may hold is bounded by whoever lets frames in: the window of the stream.</remarks>
internal sealed class IncomingFrames
{
    private const int SegmentBytes = 16 * 1024;
    private const int LeastSegmentBytes = 256;
    private const int RecordBytes = 9;

    // So much of a content is at least in one piece: enough to tell what it is.
    private const int LeastPieceBytes = 32;

    private readonly Queue<(byte[] Bytes, int Length)> _full = new();
    private byte[]? _last;
    private int _lastLength;
    private byte[]? _first;
    private int _firstLength;
    private int _position;

    internal int Count { get; private set; }

    /// <summary>Appends a frame.</summary>
    internal void Add(ReadOnlySpan<byte> content, int costBytes, bool isLast)
    {
        if (_last is null || _last.Length - _lastLength < RecordBytes + LeastPieceBytes)
        {
            NewSegment(RecordBytes + content.Length);
        }

        Span<byte> record = _last.AsSpan(_lastLength);
        BinaryPrimitives.WriteInt32LittleEndian(record, content.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], costBytes);
        record[8] = isLast ? (byte)1 : (byte)0;
        _lastLength += RecordBytes;
        while (true)
        {
            int count = Math.Min(content.Length, _last!.Length - _lastLength);
            content[..count].CopyTo(_last.AsSpan(_lastLength));
            _lastLength += count;
            content = content[count..];
            if (content.IsEmpty)
            {
                break;
            }

            NewSegment(content.Length);
        }

        Count++;
    }

    /// <summary>Takes the oldest frame into a message.</summary>
    /// <returns>Its length and its cost.</returns>
    internal (int ContentBytes, int CostBytes) TakeInto(IncomingMessage message)
    {
        if (RemainingInFirst() == 0)
        {
            NextSegment();
        }

        ReadOnlySpan<byte> record = _first.AsSpan(_position);
        int length = BinaryPrimitives.ReadInt32LittleEndian(record);
        int cost = BinaryPrimitives.ReadInt32LittleEndian(record[4..]);
        bool isLast = record[8] != 0;
        _position += RecordBytes;
        int left = length;
        do
        {
            if (left > 0 && RemainingInFirst() == 0)
            {
                NextSegment();
            }

            int count = Math.Min(left, RemainingInFirst());
            left -= count;
            message.Append(_first.AsSpan(_position, count), isLast && left == 0);
            _position += count;
        }
        while (left > 0);

        if (--Count == 0)
        {
            Clear();
        }

        return (length, cost);
    }

    /// <summary>Drops all frames.</summary>
    internal void Clear()
    {
        if (_last is not null && !ReferenceEquals(_first, _last))
        {
            ArrayPool<byte>.Shared.Return(_last);
        }

        if (_first is not null)
        {
            ArrayPool<byte>.Shared.Return(_first);
        }

        while (_full.TryDequeue(out (byte[] Bytes, int Length) segment))
        {
            ArrayPool<byte>.Shared.Return(segment.Bytes);
        }

        _first = _last = null;
        Count = 0;
        _position = _firstLength = _lastLength = 0;
    }

    private int RemainingInFirst() => (ReferenceEquals(_first, _last) ? _lastLength : _firstLength) - _position;

    // The first is as small as its frame: most often it is alone, and there are many streams.
    private void NewSegment(int wanted)
    {
        if (_last is not null && !ReferenceEquals(_first, _last))
        {
            _full.Enqueue((_last, _lastLength));
        }
        else
        {
            _firstLength = _lastLength;
        }

        _last = ArrayPool<byte>.Shared.Rent(_first is null ? Math.Clamp(wanted, LeastSegmentBytes, SegmentBytes) : SegmentBytes);
        _lastLength = 0;
        _first ??= _last;
    }

    private void NextSegment()
    {
        ArrayPool<byte>.Shared.Return(_first!);
        _position = 0;
        if (_full.TryDequeue(out (byte[] Bytes, int Length) next))
        {
            (_first, _firstLength) = next;
        }
        else
        {
            _first = _last;
        }
    }
}
