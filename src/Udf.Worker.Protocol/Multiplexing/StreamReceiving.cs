using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Udf.Worker.Protocol;

/// <summary>
/// The receiving side of one stream: which frames make a message, what they cost, and when the sender is told that it may send more. It holds a few bytes of each message and no batch.
/// </summary>
/// <remarks>Not thread-safe: the caller serialises all calls.</remarks>
public sealed class StreamReceiving
{
    private readonly StreamDirection _direction;
    private readonly FrameLimit _limit;
    private readonly long _grantBytes;

    private long _window;
    private long _consumed;
    private long _freeBytes;

    // The message that has begun.
    private Prefix _prefix;
    private int _prefixBytes;
    private long _messageBytes;
    private long _declaredBytes;
    private int _undecidedBytes;
    private StreamMessageKind _kind;
    private bool _isInside;
    private bool _isOpened;

    /// <summary>Begins a stream.</summary>
    /// <param name="direction">What is received.</param>
    /// <param name="limit">The longest message, all its parts together.</param>
    /// <param name="windowBytes">The window with which the sender begins.</param>
    public StreamReceiving(StreamDirection direction, FrameLimit limit, long windowBytes = StreamSending.DefaultWindowBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(windowBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(windowBytes, StreamSending.MaxWindowBytes);
        _direction = direction;
        _limit = limit;
        _grantBytes = Math.Max(1, windowBytes / 2);

        // A sender that has not yet heard of a smaller window may use the usual one.
        _window = Math.Max(windowBytes, StreamSending.DefaultWindowBytes);
        _isOpened = direction == StreamDirection.Responses;
    }

    /// <summary>Whether a message has begun and goes on in the next frame.</summary>
    public bool IsInsideMessage => _isInside;

    /// <summary>Takes a frame of kind <see cref="StreamFrameKind.Message"/> or <see cref="StreamFrameKind.Part"/>.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="content">What follows its header.</param>
    /// <param name="part">What it is, if it is taken.</param>
    /// <param name="error">Why the connection is broken, otherwise.</param>
    public bool TryAccept(StreamFrameKind kind, ReadOnlySpan<byte> content, out ReceivedPart part, [NotNullWhen(false)] out MultiplexError? error)
    {
        bool isFirst = !_isInside;
        bool isLast = kind switch
        {
            StreamFrameKind.Message => true,
            StreamFrameKind.Part => false,
            StreamFrameKind.Window or StreamFrameKind.Reset => throw new ArgumentException($"A frame of kind {kind} holds no message.", nameof(kind)),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind."),
        };
        part = default;
        if (isFirst)
        {
            _prefixBytes = 0;
            _messageBytes = 0;
            _declaredBytes = 0;
            _undecidedBytes = 0;
            _kind = StreamMessageKind.Undecided;
        }

        _messageBytes += content.Length;
        int cost = 0;
        if (_kind != StreamMessageKind.Undecided)
        {
            cost = StreamMessages.Costs(_kind) ? content.Length : 0;
        }
        else if (Decide(content, isFirst, isLast))
        {
            // What came before it could be told is paid for now.
            cost = StreamMessages.Costs(_kind) ? content.Length + _undecidedBytes : 0;
        }
        else
        {
            _undecidedBytes += content.Length;
        }

        error = Judge(cost, content.Length, isFirst, isLast);
        if (error is not null)
        {
            return false;
        }

        _isInside = !isLast;
        part = new ReceivedPart(cost, isFirst, isLast, isLast && _kind == StreamMessageKind.Cancellation, _messageBytes > _limit.MaxFrameBytes);
        return true;
    }

    /// <summary>A frame was consumed: by the function, by the reader of results, or because it is dropped.</summary>
    /// <param name="contentBytes">Its length.</param>
    /// <param name="costBytes">Its <see cref="ReceivedPart.CostBytes"/>.</param>
    /// <returns>So many further bytes the sender is to be told of; mostly 0.</returns>
    public uint Consumed(int contentBytes, int costBytes)
    {
        if (costBytes == 0)
        {
            _freeBytes -= contentBytes + StreamFrameHeader.SizeBytes;
            return 0;
        }

        _consumed += costBytes;
        if (_consumed < _grantBytes)
        {
            return 0;
        }

        uint grant = (uint)_consumed;
        _window += _consumed;
        _consumed = 0;
        return grant;
    }

    private bool Decide(ReadOnlySpan<byte> content, bool isFirst, bool isLast)
    {
        // Almost always the first frame has enough bytes.
        if (isFirst && (isLast || content.Length >= StreamMessages.MaxPrefixBytes))
        {
            _kind = StreamMessages.Classify(content, isLast, _direction, out _declaredBytes);
            return true;
        }

        Span<byte> prefix = _prefix;
        int count = Math.Min(content.Length, prefix.Length - _prefixBytes);
        content[..count].CopyTo(prefix[_prefixBytes..]);
        _prefixBytes += count;
        _kind = StreamMessages.Classify(prefix[.._prefixBytes], isLast, _direction, out _declaredBytes);
        return _kind != StreamMessageKind.Undecided;
    }

    private MultiplexError? Judge(int cost, int contentBytes, bool isFirst, bool isLast)
    {
        if (!_isOpened && _kind != StreamMessageKind.Undecided)
        {
            if (_kind is not (StreamMessageKind.Init or StreamMessageKind.Unusual))
            {
                return MultiplexError.NotOpenedByInit(_kind);
            }

            _isOpened = true;
        }

        if (cost > 0)
        {
            if (_window <= 0)
            {
                return MultiplexError.WindowExceeded(contentBytes, _window);
            }

            _window -= cost;
        }
        else
        {
            _freeBytes += contentBytes + StreamFrameHeader.SizeBytes;
            long bound = (long)_limit.MaxFrameBytes + StreamSending.DefaultWindowBytes;
            if (_freeBytes > bound)
            {
                return MultiplexError.TooMuchControl(_freeBytes);
            }
        }

        return isLast && !isFirst && _messageBytes < _declaredBytes ? MultiplexError.UnfinishedPart(_declaredBytes - _messageBytes) : null;
    }

    [InlineArray(StreamMessages.MaxPrefixBytes)]
    private struct Prefix
    {
        private byte _first;
    }
}
