using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// What both ends of a multiplexed connection have in common: its streams, where received frames go, and what there is to write. It moves no byte: whoever reads and writes does.
/// </summary>
/// <remarks>Thread safe, but for <see cref="Take"/>, which belongs to the one reader.</remarks>
internal abstract class MultiplexedConnection
{
    private readonly StreamDirection _received;
    private readonly FrameLimit _limit;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly MultiplexedStreams<MultiplexedStream> _streams;
    private FrameFault? _fault;
    private bool _isEnded;

    /// <param name="received">What this end receives.</param>
    /// <param name="limit">The longest message that it takes.</param>
    protected MultiplexedConnection(StreamDirection received, FrameLimit limit)
    {
        _received = received;
        _limit = limit;
        _streams = new MultiplexedStreams<MultiplexedStream>(received);
        Output = new MultiplexedOutput(WakeWriter, WriteBeforeBlocking);
    }

    /// <summary>What there is to write.</summary>
    internal MultiplexedOutput Output { get; }

    /// <summary>Whether no stream can be opened on it any more.</summary>
    internal bool IsEnded
    {
        get
        {
            lock (_gate)
            {
                return _isEnded || _streams.Highest == uint.MaxValue;
            }
        }
    }

    /// <summary>How many streams are open.</summary>
    internal int OpenCount
    {
        get
        {
            lock (_gate)
            {
                return _streams.Open.Count;
            }
        }
    }

    /// <summary>A stream that is opened by the first message that is sent on it.</summary>
    internal MultiplexedStream CreateStream() => new(this, _received, _limit);

    /// <summary>Opens a stream with its <c>Init</c>. Numbers go out in their order, because a stream gets its number and its turn at once.</summary>
    /// <exception cref="IOException">The connection has ended.</exception>
    internal ValueTask OpenAsync(MultiplexedStream stream, in OutgoingMessage init)
    {
        FrameFault? fault;
        lock (_gate)
        {
            if (stream.IsForgotten)
            {
                throw new IOException("the execution was given up before it began");
            }

            if (!_isEnded && _streams.TryOpen(_ => stream, out _))
            {
                Output.Open(stream.Outgoing, _streams.Highest);
                return Output.SendAsync(stream.Outgoing, init);
            }

            fault = _isEnded ? _fault : new FrameFault("the connection has used all its numbers");
        }

        // It was not among those that were told of the end: who waits for the answer to what was never sent would wait for its time limit.
        stream.Lose(fault, keepsFrames: false);
        throw new IOException(Text(fault));
    }

    /// <summary>A stream has ended on this side.</summary>
    /// <returns>Whether it was open.</returns>
    internal bool Forget(MultiplexedStream stream)
    {
        lock (_gate)
        {
            stream.IsForgotten = true;
            return stream.Number != 0 && _streams.End(stream.Number);
        }
    }

    /// <summary>The wait of a stream has been answered: <see cref="MultiplexedStream.Tell"/> is to be called, on a thread that may be used up. Must not block.</summary>
    internal virtual void Deliver(MultiplexedStream stream) => ThreadPool.UnsafeQueueUserWorkItem(static stream => stream.Tell(), stream, preferLocal: false);

    /// <summary>Somebody has something to write, and nobody writes. Must not block: the gate of the output is held.</summary>
    /// <returns>Whether somebody comes at once; otherwise the next who has something to write calls this as well.</returns>
    protected abstract bool WakeWriter();

    /// <summary>A sender is about to block. Where nobody else writes what he has said at once, he does.</summary>
    protected virtual void WriteBeforeBlocking()
    {
    }

    /// <summary>The peer opens a stream: sets its observer. Only on the worker's side.</summary>
    protected virtual void Serve(MultiplexedStream stream) => throw new InvalidOperationException("Only the engine opens streams.");

    /// <summary>Takes the frames that have come whole.</summary>
    /// <param name="received">What has come; what is left of it has not come whole.</param>
    /// <returns>Why the connection is broken; <see langword="null"/> if it is not.</returns>
    protected FrameFault? Take(ref ReadOnlySpan<byte> received)
    {
        MultiplexError? error;
        do
        {
            FrameReadStatus status = StreamFrameParser.TryReadFrame(ref received, out StreamFrameHeader header, out ReadOnlySpan<byte> content, out error);
            if (status == FrameReadStatus.NeedMore)
            {
                return null;
            }

            error ??= Dispatch(header, content);
        }
        while (error is null);

        return new FrameFault(error.Message) { IsViolation = true };
    }

    /// <summary>Ends all streams. What they have received is still taken; nothing is sent any more.</summary>
    /// <param name="fault">Why; <see langword="null"/> if the peer has ended its direction between two frames.</param>
    protected void EndStreams(FrameFault? fault)
    {
        MultiplexedStream[] open;
        lock (_gate)
        {
            if (_isEnded)
            {
                return;
            }

            _isEnded = true;
            _fault = fault;
            open = [.. _streams.Open];
        }

        Output.Fail(Text(fault));
        foreach (MultiplexedStream stream in open)
        {
            Forget(stream);
            Output.End(stream.Outgoing, Text(fault), reset: null);
            stream.Lose(fault, keepsFrames: true);
        }
    }

    private static string Text(FrameFault? fault) => fault?.Message ?? "the peer closed the connection";

    private MultiplexError? Dispatch(in StreamFrameHeader header, ReadOnlySpan<byte> content)
    {
        StreamFrameTarget target;
        MultiplexedStream? stream;
        MultiplexError? error;
        lock (_gate)
        {
            target = _streams.Judge(header, out stream, out error);
        }

        switch (target)
        {
            case StreamFrameTarget.Open:
                return Deliver(stream!, header, content);
            case StreamFrameTarget.Ended:
                return null;
            case StreamFrameTarget.Next:
                return Deliver(Accept(), header, content);
            case StreamFrameTarget.InitialWindow:
                lock (_gate)
                {
                    return Output.SetInitialWindow(StreamFrameHeader.ReadWindow(content), _streams.Open.Select(open => open.Outgoing));
                }

            case StreamFrameTarget.Broken:
                return error;
            default:
                throw new InvalidOperationException($"Unknown target {target}.");
        }
    }

    private MultiplexedStream Accept()
    {
        MultiplexedStream stream = CreateStream();
        Serve(stream);
        lock (_gate)
        {
            if (!_streams.TryOpen(_ => stream, out _))
            {
                throw new InvalidOperationException("There are no further numbers, and a stream has the next one.");
            }

            Output.Open(stream.Outgoing, _streams.Highest);
        }

        return stream;
    }

    private MultiplexError? Deliver(MultiplexedStream stream, in StreamFrameHeader header, ReadOnlySpan<byte> content)
    {
        switch (header.Kind)
        {
            case StreamFrameKind.Message:
            case StreamFrameKind.Part:
                return stream.Accept(header.Kind, content);
            case StreamFrameKind.Window:
                return Output.Granted(stream.Outgoing, StreamFrameHeader.ReadWindow(content));
            case StreamFrameKind.Reset:
                var reset = StreamReset.Parse(content);
                stream.End(reset: null, new FrameFault(reset.Reason.Length > 0 ? reset.Reason : "it was reset by the peer") { IsRefusal = reset.Code == StreamResetCode.Refused });
                return null;
            default:
                throw new InvalidOperationException($"Unknown kind {header.Kind}.");
        }
    }
}
