using System.Threading.Tasks.Sources;
using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

// What comes from the peer: put there by the connection's reader, which never waits, and taken by who waits for it.
internal sealed partial class MultiplexedStream : IValueTaskSource<ReceivedFrame>
{
    private readonly FrameLimit _limit;
    private readonly bool _cancelsOnCancellation;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly StreamReceiving _receiving;
    private readonly IncomingFrames _frames = new();
    private readonly IncomingMessage _message;
    private FrameFault? _fault;
    private bool _isEnd;
    private bool _isTold;
    private bool _isAwaited;

    private CancellationToken _waitToken;

    // Who waits is told by the connection, on a thread that may be used up: the reader of the connection is nobody's to use. Between the answer and that nobody else touches them.
    private ManualResetValueTaskSourceCore<ReceivedFrame> _arrival;
    private ReceivedFrame _answer;
    private OperationCanceledException? _cancellation;

    // Belong to who waits.
    private CancellationToken _registeredToken;
    private CancellationTokenRegistration _onCancel;

    /// <inheritdoc/>
    public bool HasBytes
    {
        get
        {
            lock (_gate)
            {
                return _frames.Count > 0;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<ReceivedFrame> ReceiveAsync(CancellationToken cancellationToken)
    {
        uint grant = 0;
        ValueTask<ReceivedFrame> result;
        lock (_gate)
        {
            if (TryTakeUnsynchronized(ref grant, out ReceivedFrame frame))
            {
                result = new ValueTask<ReceivedFrame>(frame);
            }
            else if (cancellationToken.IsCancellationRequested)
            {
                result = ValueTask.FromCanceled<ReceivedFrame>(cancellationToken);
            }
            else
            {
                _arrival.Reset();
                _isAwaited = true;
                _waitToken = cancellationToken;
                result = new ValueTask<ReceivedFrame>(this, _arrival.Version);
            }
        }

        GiveBack(grant);
        if (!result.IsCompleted && cancellationToken != _registeredToken)
        {
            // Outside the gate, which the callback takes. A session waits with the same token for all its batches, so that is most often done once.
            _onCancel.Unregister();
            _registeredToken = cancellationToken;
            _onCancel = cancellationToken.UnsafeRegister(static (state, token) => ((MultiplexedStream)state!).CancelWait(token), this);
        }

        return result;
    }

    /// <summary>Takes the next message if there is one, for who does not wait.</summary>
    /// <returns>False if there is none: the observer is told when there is.</returns>
    internal bool TryReceive(out ReceivedFrame frame)
    {
        uint grant = 0;
        bool isThere;
        lock (_gate)
        {
            isThere = TryTakeUnsynchronized(ref grant, out frame);
            _isTold = isThere;
        }

        GiveBack(grant);
        return isThere;
    }

    /// <summary>Takes a frame of a message from the connection's reader.</summary>
    /// <returns>Why the connection is broken, if it is.</returns>
    internal MultiplexError? Accept(StreamFrameKind kind, ReadOnlySpan<byte> content)
    {
        uint grant = 0;
        bool isCancelled = false;
        bool tells = false;
        ReceivedPart part;
        lock (_gate)
        {
            if (_fault is not null || _isEnd)
            {
                return null;
            }

            if (!_receiving.TryAccept(kind, content, out part, out MultiplexError? error))
            {
                return error;
            }

            if (part.IsCancellation && _cancelsOnCancellation)
            {
                // Nobody wants what came before, finished or not.
                isCancelled = true;
                _frames.Clear();
                _message.Drop();
            }

            if (!part.IsOverLimit && !TryHandOverUnsynchronized(content, part, ref grant))
            {
                _frames.Add(content, part.CostBytes, part.IsLast);
                tells = Observer is not null && !_isTold;
                _isTold |= tells;
            }
        }

        GiveBack(grant);
        if (part.IsOverLimit)
        {
            string problem = $"a message in parts is longer than the limit of {_limit.MaxFrameBytes} bytes ({_limit.SettingName}). Send smaller batches, or raise the setting.";
            End(new StreamReset(StreamResetCode.Failure, problem), new FrameFault(problem) { IsViolation = true });
            return null;
        }

        if (isCancelled)
        {
            DiscardInput();
            Observer?.Cancelled();
        }

        if (tells)
        {
            Observer!.Readable();
        }

        return null;
    }

    /// <summary>Tells who waits that his wait is over. Runs what he does next.</summary>
    internal void Tell()
    {
        ReceivedFrame answer = _answer;
        _answer = default;
        if (_cancellation is { } cancellation)
        {
            _cancellation = null;
            _arrival.SetException(cancellation);
        }
        else
        {
            _arrival.SetResult(answer);
        }
    }

    /// <summary>Nothing more comes.</summary>
    /// <param name="fault">Why; <see langword="null"/> for the end of the peer's direction.</param>
    /// <param name="keepsFrames">Whether what has come before is still taken.</param>
    internal void Lose(FrameFault? fault, bool keepsFrames)
    {
        bool tells;
        lock (_gate)
        {
            if (_fault is not null || _isEnd)
            {
                return;
            }

            _fault = fault;
            _isEnd = fault is null;
            if (!keepsFrames)
            {
                _frames.Clear();
                _message.Drop();
            }

            if (_isAwaited)
            {
                AnswerUnsynchronized(LastUnsynchronized());
            }

            tells = Observer is not null && !_isTold;
            _isTold |= tells;
        }

        Observer?.Cancelled();
        if (tells)
        {
            Observer!.Readable();
        }
    }

    ReceivedFrame IValueTaskSource<ReceivedFrame>.GetResult(short token) => _arrival.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReceivedFrame>.GetStatus(short token) => _arrival.GetStatus(token);

    void IValueTaskSource<ReceivedFrame>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _arrival.OnCompleted(continuation, state, token, flags);

    // Straight to who waits, if nothing stands before it.
    private bool TryHandOverUnsynchronized(ReadOnlySpan<byte> content, in ReceivedPart part, ref uint grant)
    {
        if (!_isAwaited)
        {
            return false;
        }

        if (part is { IsFirst: true, IsLast: true })
        {
            grant += _receiving.Consumed(content.Length, part.CostBytes);
            AnswerUnsynchronized(IncomingMessage.Of(content));
            return true;
        }

        _message.Append(content, part.IsLast);
        grant += _receiving.Consumed(content.Length, part.CostBytes);
        if (_message.Whole is not null)
        {
            AnswerUnsynchronized(_message.Take());
        }

        return true;
    }

    private bool TryTakeUnsynchronized(ref uint grant, out ReceivedFrame frame)
    {
        while (_message.Whole is null && _frames.Count > 0)
        {
            (int content, int cost) = _frames.TakeInto(_message);
            grant += _receiving.Consumed(content, cost);
        }

        if (_message.Whole is not null)
        {
            frame = _message.Take();
            return true;
        }

        frame = _fault is not null || _isEnd ? LastUnsynchronized() : default;
        return _fault is not null || _isEnd;
    }

    private void AnswerUnsynchronized(in ReceivedFrame answer)
    {
        _isAwaited = false;
        _answer = answer;
        _connection.Deliver(this);
    }

    private ReceivedFrame LastUnsynchronized() => _fault is { } fault ? ReceivedFrame.Broken(fault) : ReceivedFrame.End;

    private void CancelWait(CancellationToken token)
    {
        lock (_gate)
        {
            // One that was waited with before may fall late.
            if (_isAwaited && token == _waitToken)
            {
                _cancellation = new OperationCanceledException(_waitToken);
                AnswerUnsynchronized(default);
            }
        }
    }

    private void GiveBack(uint grant)
    {
        if (grant > 0)
        {
            _connection.Output.Grant(_outgoing, grant);
        }
    }
}
