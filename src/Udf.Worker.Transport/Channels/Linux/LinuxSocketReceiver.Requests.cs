
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
            if (!TryReceive(_buffer.Span, out count))
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
            _buffer = default;
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
