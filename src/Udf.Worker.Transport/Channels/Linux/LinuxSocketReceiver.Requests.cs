
namespace Udf.Worker.Transport.Internal;

// A request that waits: who takes the bytes for it, and how it is answered, once.
internal sealed partial class LinuxSocketReceiver
{
    /// <summary>The socket is ready, says the thread of all.</summary>
    void IReadinessTarget.OnReady() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    /// <summary>The same, on a thread that may be used up.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        if (TryClaim() && !TryFill(isInline: true))
        {
            AskPoller();
        }
    }

    private ValueTask<int> WaitAsync(Memory<byte> first, Memory<byte> second, CancellationToken cancellationToken)
    {
        bool needsReader = false;
        bool needsPoller = false;
        short version;
        lock (_gate)
        {
            ThrowIfAborted();
            _answer.Reset();
            version = _answer.Version;
            _first = first;
            _second = second;
            _token = cancellationToken;
            _request = RequestState.Pending;
            if (cancellationToken.CanBeCanceled)
            {
                // Within the gate, which the callback needs: it finds the request as it is.
                _onCancel = cancellationToken.UnsafeRegister(static state => ((LinuxSocketReceiver)state!).OnCancel(), this);
            }

            switch (_reader)
            {
                case ReaderState.Parked:
                    _reader = ReaderState.Waiting;
                    Monitor.Pulse(_gate);
                    break;
                case ReaderState.None when HasOwnThread:
                    _reader = ReaderState.Waiting;
                    needsReader = true;
                    break;
                case ReaderState.None:
                    needsPoller = true;
                    break;
                case ReaderState.Busy:
                    // The one that asks goes back to the kernel when it has done what it runs. Of what another one runs nothing is known: it may never end.
                    needsPoller = !IsAskedByItsReader;
                    break;
                default:
                    break;
            }
        }

        if (needsReader && !_threads.TryRun(_readLoop))
        {
            lock (_gate)
            {
                _reader = ReaderState.None;
            }

            needsPoller = true;
        }

        if (needsPoller)
        {
            AskPoller();
        }

        return new ValueTask<int>(this, version);
    }

    private void OnCancel()
    {
        CancellationToken token;
        lock (_gate)
        {
            // A callback may be late, and the request another one by now.
            token = _token;
            if (_request != RequestState.Pending || !token.IsCancellationRequested)
            {
                return;
            }

            _request = RequestState.Claimed;
        }

        Fail(new OperationCanceledException(token), isInline: false);
    }

    private bool TryClaim()
    {
        lock (_gate)
        {
            if (_request != RequestState.Pending)
            {
                return false;
            }

            _request = RequestState.Claimed;
            return true;
        }
    }

    /// <summary>Takes what is there for the request that was claimed.</summary>
    /// <returns>Whether the request is answered; otherwise there was nothing, and it is pending again.</returns>
    private bool TryFill(bool isInline)
    {
        int count;
        try
        {
            if (!TryReceive(_first.Span, _second.Span, out count))
            {
                return !TryUnclaim();
            }
        }
        catch (IOException exception)
        {
            Fail(exception, isInline);
            return true;
        }

        EndRequest();
        _answer.RunContinuationsAsynchronously = !isInline;
        _answer.SetResult(count);
        return true;
    }

    /// <summary>Puts a request back that was claimed for nothing.</summary>
    /// <returns>Whether it waits again; otherwise it was cancelled or aborted meanwhile, and is answered.</returns>
    private bool TryUnclaim()
    {
        Exception failure;
        lock (_gate)
        {
            if (_isAborted)
            {
                failure = Aborted();
            }
            else if (_token.IsCancellationRequested)
            {
                failure = new OperationCanceledException(_token);
            }
            else
            {
                _request = RequestState.Pending;
                return true;
            }
        }

        Fail(failure, isInline: false);
        return false;
    }

    private void Fail(Exception exception, bool isInline)
    {
        EndRequest();
        _answer.RunContinuationsAsynchronously = !isInline;
        _answer.SetException(exception);
    }

    /// <summary>Lets go of what belongs to the request that is about to be answered: the next may come as soon as it is.</summary>
    private void EndRequest()
    {
        CancellationTokenRegistration onCancel;
        lock (_gate)
        {
            onCancel = _onCancel;
            _onCancel = default;
            _token = default;
            _first = default;
            _second = default;
            _request = RequestState.None;
        }

        onCancel.Unregister();
    }

    private void AskPoller()
    {
        try
        {
            long asked;
            bool isLate;
            lock (_pollerGate)
            {
                long id;
                lock (_gate)
                {
                    id = _pollerId;
                }

                asked = ReadinessPoller.ForReceiving.Ask(_socket, this, id);
                lock (_gate)
                {
                    _pollerId = asked;
                    isLate = _isAborted;
                }
            }

            if (isLate)
            {
                ReadinessPoller.ForReceiving.Forget(_socket, asked);
            }
        }
        catch (Exception exception) when (SocketFaults.IsBroken(exception))
        {
            if (TryClaim())
            {
                Fail(SocketFaults.Broken(_peer, exception), isInline: false);
            }
        }
    }
}
