using System.Threading.Tasks.Sources;
using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>What one stream has to send: at most one message at a time, a window for the peer, and a last word. Everything but the wait belongs to the gate of <see cref="MultiplexedOutput"/>.</summary>
internal sealed class OutgoingStream : IValueTaskSource
{
    // Whoever waits goes on elsewhere: the gate is held when he is told.
    private ManualResetValueTaskSourceCore<bool> _sent = new() { RunContinuationsAsynchronously = true };
    private ManualResetEventSlim? _blocked;
    private Exception? _failure;
    private OutgoingMessage _message;
    private int _offset;
    private bool _isAwaited;

    /// <summary>Its number; 0 before it is opened.</summary>
    internal uint Number { get; private set; }

    internal StreamSending Sending { get; private set; } = new();

    /// <summary>What the peer is to be told that it may send further.</summary>
    internal uint Grant { get; set; }

    /// <summary>Its last word, if that is a reset and has not gone out yet.</summary>
    internal byte[]? Reset { get; set; }

    /// <summary>Why nothing more can be sent on it; <see langword="null"/> if it can.</summary>
    internal string? Fault { get; set; }

    /// <summary>Whether it waits for its turn.</summary>
    internal bool IsQueued { get; set; }

    /// <summary>Whether droppable messages are dropped.</summary>
    internal bool IsDiscarding { get; set; }

    internal bool HasMessage { get; private set; }

    /// <summary>Whether its sender blocks while it waits.</summary>
    internal bool IsBlocking => _blocked is not null;

    /// <summary>Whether something could go out if there were room.</summary>
    internal bool CanGoOn => Grant > 0 || MayReset || (HasMessage && Sending.MaySend(_message.Costs));

    /// <summary>Whether the reset may go out. Not before the stream is opened: its number is used up, and the peer would not know it.</summary>
    internal bool MayReset => Reset is not null && !IsOpening;

    /// <summary>Whether the message opens the stream, and nothing of it has been sent.</summary>
    private bool IsOpening => HasMessage && _message.Costs && !_message.IsDroppable && _offset == 0;

    internal bool MayDropMessage => HasMessage && _message.IsDroppable && _offset == 0;

    /// <summary>How much room the next frame of the message needs.</summary>
    internal int NextFrameBytes => StreamFrameHeader.SizeBytes + Math.Min(_message.Length - _offset, StreamFrameHeader.MaxContentBytes);

    internal void Open(uint number, long windowBytes)
    {
        Number = number;
        Sending = new StreamSending(windowBytes);
    }

    internal void Begin(in OutgoingMessage message)
    {
        _message = message;
        _offset = 0;
        HasMessage = true;
        _isAwaited = false;
        _failure = null;
    }

    /// <summary>Writes the next frame of the message.</summary>
    /// <returns>How many bytes; 0 if the window is closed.</returns>
    internal int WriteFrame(Span<byte> destination)
    {
        if (!Sending.TryTakeFrame(_message.Length - _offset, _message.Costs, out StreamFrameKind kind, out int count))
        {
            return 0;
        }

        new StreamFrameHeader(kind, Number, count).Write(destination);
        _message.CopyTo(_offset, destination.Slice(StreamFrameHeader.SizeBytes, count));
        _offset += count;
        if (kind == StreamFrameKind.Message || Fault is not null)
        {
            EndMessage(null);
        }

        return StreamFrameHeader.SizeBytes + count;
    }

    /// <summary>The message is not wanted any more. One that opens the stream goes out all the same, and the reset behind it; its sender does not wait for that, and its memory is the stream's own.</summary>
    internal void GiveUpMessage(Exception failure)
    {
        if (IsOpening)
        {
            Tell(failure);
        }
        else if (HasMessage)
        {
            EndMessage(failure);
        }
    }

    /// <summary>The message is taken or is not sent any more: its memory is let go of.</summary>
    internal void EndMessage(Exception? failure)
    {
        HasMessage = false;
        _message = default;
        Tell(failure);
    }

    private void Tell(Exception? failure)
    {
        if (!_isAwaited)
        {
            return;
        }

        _isAwaited = false;
        if (_blocked is { } blocked)
        {
            _failure = failure;
            blocked.Set();
        }
        else if (failure is null)
        {
            _sent.SetResult(true);
        }
        else
        {
            _sent.SetException(failure);
        }
    }

    /// <summary>The sender waits, without a thread.</summary>
    internal ValueTask AwaitMessage()
    {
        _sent.Reset();
        _isAwaited = true;
        return new ValueTask(this, _sent.Version);
    }

    /// <summary>The sender is going to block in <see cref="Block"/>. A stream is sent on in one of the two ways for its whole life.</summary>
    internal void PrepareToBlock()
    {
        _blocked ??= new ManualResetEventSlim();
        _blocked.Reset();
        _isAwaited = true;
    }

    internal void Block()
    {
        _blocked!.Wait();
        if (_failure is { } failure)
        {
            throw failure;
        }
    }

    void IValueTaskSource.GetResult(short token) => _sent.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _sent.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _sent.OnCompleted(continuation, state, token, flags);
}
