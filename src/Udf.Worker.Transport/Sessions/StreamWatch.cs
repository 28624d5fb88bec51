namespace Udf.Worker.Transport.Internal;

/// <summary>
/// Watches one open stream for the two limits on silence that are off by default: a worker that does not answer a batch, and a stream on which no batch passes. A session without these limits has none.
/// One sender and one reader call it at a time; a batch costs a reading of the clock and allocates nothing.
/// </summary>
internal sealed class StreamWatch : IDisposable
{
    private readonly SilenceTimer _batch;
    private readonly SilenceTimer _idle;
    private readonly Action<StreamSilence> _silent;

    // Where the sender stands.
    private volatile bool _isSending;
    private volatile bool _isInputOver;

    private volatile bool _isAwaited;
    private int _unanswered;

    private StreamWatch(WorkerSessionOptions options, TimeProvider timeProvider, Action<StreamSilence> silent)
    {
        _batch = new SilenceTimer(options.BatchTimeout, timeProvider, OnBatchOverdue);
        _idle = new SilenceTimer(options.IdleStreamTimeout, timeProvider, OnIdle);
        _silent = silent;
    }

    /// <summary>How many batches the worker was given, or is being given, and has not answered, as far as it answers each.</summary>
    private int Unanswered => Volatile.Read(ref _unanswered);

    /// <summary>Makes the watch of a session.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="silent">Told, on a thread of the clock, when one has passed: once for each of the two at most.</param>
    /// <returns>The watch; <see langword="null"/> if neither limit is set.</returns>
    internal static StreamWatch? Create(WorkerSessionOptions options, TimeProvider timeProvider, Action<StreamSilence> silent) =>
        options.BatchTimeout == Timeout.InfiniteTimeSpan && options.IdleStreamTimeout == Timeout.InfiniteTimeSpan ? null : new StreamWatch(options, timeProvider, silent);

    /// <summary>The stream is open.</summary>
    internal void Open()
    {
        _batch.Start();
        _idle.Start();
    }

    /// <summary>A batch is about to be sent. Counted now: its answer may be there before <see cref="EndSend"/>.</summary>
    internal void BeginSend()
    {
        _isSending = true;
        Interlocked.Increment(ref _unanswered);
    }

    /// <summary>The batch has been sent whole.</summary>
    internal void EndSend()
    {
        Touch();
        _isSending = false;
    }

    /// <summary>The input has ended.</summary>
    internal void EndInput() => _isInputOver = true;

    /// <summary>Something is awaited from the worker. In this order: a limit that passes now finds either nobody waiting or a wait that has just begun.</summary>
    internal void BeginWait()
    {
        _batch.Touch();
        _isAwaited = true;
    }

    /// <summary>Nothing is awaited any more.</summary>
    internal void EndWait() => _isAwaited = false;

    /// <summary>The worker has sent a batch.</summary>
    internal void Answered()
    {
        Touch();

        // A function may answer more often than it is asked; that is no credit for the batches to come.
        int unanswered = Unanswered;
        while (unanswered > 0)
        {
            int seen = Interlocked.CompareExchange(ref _unanswered, unanswered - 1, unanswered);
            if (seen == unanswered)
            {
                return;
            }

            unanswered = seen;
        }
    }

    public void Dispose()
    {
        _batch.Dispose();
        _idle.Dispose();
    }

    private void Touch()
    {
        _batch.Touch();
        _idle.Touch();
    }

    private void OnBatchOverdue()
    {
        bool isAsked = Unanswered > (_isSending ? 1 : 0);
        if (_isAwaited && isAsked && _batch.IsOverdue)
        {
            _silent(StreamSilence.Batch);
        }
        else
        {
            // Whatever makes it count again begins the time anew, so nothing is lost by looking again only after the whole of it.
            _batch.Start();
        }
    }

    private void OnIdle()
    {
        if (!_idle.IsOverdue)
        {
            _idle.Start();
            return;
        }

        bool isInputAwaited = !_isSending && !_isInputOver;
        _silent(!_isAwaited ? StreamSilence.Consumer : isInputAwaited && Unanswered == 0 ? StreamSilence.Input : StreamSilence.Worker);
    }
}
