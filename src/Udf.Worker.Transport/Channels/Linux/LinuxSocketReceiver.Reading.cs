namespace Udf.Worker.Transport.Internal;

// The thread that is inside the kernel for this socket alone.
internal sealed partial class LinuxSocketReceiver
{
    /// <summary>What the reader's thread does until it is not needed any more.</summary>
    private void ReadLoop()
    {
        while (true)
        {
            bool isAwaited;
            lock (_gate)
            {
                if (_isAborted)
                {
                    _reader = ReaderState.None;
                    return;
                }

                isAwaited = _request == RequestState.Pending;
                if (!isAwaited && _polling is not null)
                {
                    // In the kernel it would be woken by each answer that somebody else is there to take.
                    if (IsWoken())
                    {
                        continue;
                    }

                    _reader = ReaderState.None;
                    return;
                }

                _reader = ReaderState.Waiting;
            }

            if (!TryWait(isAwaited ? -1 : LingerMilliseconds, out bool isReady))
            {
                return;
            }

            bool isInline;
            lock (_gate)
            {
                if (_request != RequestState.Pending)
                {
                    if (isReady && !_isAborted && IsWoken())
                    {
                        continue;
                    }

                    _reader = ReaderState.None;
                    return;
                }

                if (!isReady)
                {
                    continue;
                }

                _request = RequestState.Claimed;
                isInline = _continuesInline;
                _reader = isInline ? ReaderState.Busy : ReaderState.Waiting;
                _busyThreadId = Environment.CurrentManagedThreadId;
            }

            TryFill(isInline);
        }
    }

    /// <summary>Sleeps until somebody asks. Called with the gate, which is free meanwhile.</summary>
    private bool IsWoken()
    {
        _reader = ReaderState.Parked;
        return Monitor.Wait(_gate, LingerMilliseconds) || _reader != ReaderState.Parked;
    }

    /// <summary>Waits in the kernel.</summary>
    /// <returns>Whether the thread goes on; otherwise the socket is closed.</returns>
    private bool TryWait(int timeoutMilliseconds, out bool isReady)
    {
        try
        {
            isReady = LinuxSocketCalls.WaitReadable(_socket, timeoutMilliseconds);
            return true;
        }
        catch (Exception exception) when (SocketFaults.IsBroken(exception))
        {
            isReady = false;
            bool isPending;
            lock (_gate)
            {
                _reader = ReaderState.None;
                isPending = _request == RequestState.Pending;
                if (isPending)
                {
                    _request = RequestState.Claimed;
                }
            }

            if (isPending)
            {
                Fail(SocketFaults.Broken(_peer, exception), isInline: false);
            }

            return false;
        }
    }
}
