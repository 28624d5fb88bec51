using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Threading.Tasks.Sources;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// The receiving side of a socket. What is there is taken at once. What has to be waited for is taken by a thread that is inside the kernel for this socket alone, as long as there is one to be had;
/// otherwise by the thread that watches all sockets.
/// </summary>
/// <remarks>
/// <para>One request at a time. The reader's thread goes on waiting after it has taken something, without a buffer, so that the next request finds it there; it leaves a socket for which nobody has asked for a while,
/// and sleeps while bytes are there that nobody wants: those stay in the kernel, which stops the peer.</para>
/// <para>Whoever finds the socket ready may take the bytes; <c>_gate</c> decides who does. A request that is being filled can no longer be cancelled.</para>
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed partial class LinuxSocketReceiver : IValueTaskSource<int>, IReadinessTarget, IThreadPoolWorkItem
{
    private const int LingerMilliseconds = 200;

    private readonly SafeSocketHandle _socket;
    private readonly string _peer;
    private readonly ReaderThreads _threads;
    private readonly Action _readLoop;
    private readonly object _gate = new();

    // Held while the poller is asked, so that the socket has one name there. Taken before _gate.
    private readonly Lock _pollerGate = new();

    // Guarded by _gate.
    private RequestState _request;
    private ReaderState _reader;
    private bool _isAborted;
    private bool _continuesInline;
    private long _pollerId;

    // Belong to the request.
    private Memory<byte> _buffer;
    private CancellationToken _token;
    private CancellationTokenRegistration _onCancel;
    private ManualResetValueTaskSourceCore<int> _answer;

    internal LinuxSocketReceiver(SafeSocketHandle socket, string peer, ReaderThreads threads)
    {
        _socket = socket;
        _peer = peer;
        _threads = threads;
        _readLoop = ReadLoop;
    }

    private enum RequestState
    {
        None,
        Pending,
        Claimed,
    }

    private enum ReaderState
    {
        /// <summary>There is no thread.</summary>
        None,

        /// <summary>It is on its way to the kernel, or there: a request needs to tell it nothing.</summary>
        Waiting,

        /// <summary>It sleeps, because bytes are there that nobody has asked for.</summary>
        Parked,

        /// <summary>It runs what follows from the answer, which may be anything.</summary>
        Busy,
    }

    /// <summary>Whether a thread of its own waits for what this socket receives. For connections on which answers are awaited one after the other, not for those that are mostly silent.</summary>
    internal bool HasOwnThread { get; set; }

    /// <summary>
    /// Whether who waits goes on on the thread that has received, where that thread is this socket's own. Who sets it back is waited for by nobody: a request that is pending is served without that thread from then on.
    /// </summary>
    internal bool ContinuesInline
    {
        get
        {
            lock (_gate)
            {
                return _continuesInline;
            }
        }

        set
        {
            bool needsPoller;
            lock (_gate)
            {
                needsPoller = _continuesInline && !value && _reader == ReaderState.Busy && _request == RequestState.Pending;
                _continuesInline = value;
            }

            if (needsPoller)
            {
                AskPoller();
            }
        }
    }

    /// <inheritdoc cref="ByteChannel.ReceiveAsync"/>
    internal ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        ReaderState reader;
        lock (_gate)
        {
            ThrowIfAborted();
            if (_request != RequestState.None)
            {
                throw new InvalidOperationException("Only one may receive at a time.");
            }

            reader = _reader;
        }

        if (reader != ReaderState.Waiting && TryReceive(buffer.Span, out int count))
        {
            return new ValueTask<int>(count);
        }

        return WaitAsync(buffer, cancellationToken);
    }

    /// <summary>Ends what is waited for, now and later. The socket is closed by who calls this.</summary>
    internal void Abort()
    {
        bool isPending;
        long pollerId;
        lock (_gate)
        {
            if (_isAborted)
            {
                return;
            }

            _isAborted = true;
            isPending = _request == RequestState.Pending;
            if (isPending)
            {
                _request = RequestState.Claimed;
            }

            pollerId = _pollerId;
            Monitor.PulseAll(_gate);
        }

        if (pollerId != 0)
        {
            ReadinessPoller.ForReceiving.Forget(_socket, pollerId);
        }

        if (isPending)
        {
            Fail(Aborted(), isInline: false);
        }
    }

    int IValueTaskSource<int>.GetResult(short token) => _answer.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _answer.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _answer.OnCompleted(continuation, state, token, flags);

    private ValueTask<int> WaitAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        bool needsReader = false;
        bool needsPoller = false;
        short version;
        lock (_gate)
        {
            ThrowIfAborted();
            _answer.Reset();
            version = _answer.Version;
            _buffer = buffer;
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
                    // It comes back to the kernel when it has done what it runs; most often it is the one that asks. Who must not depend on that has set this back.
                    needsPoller = !_continuesInline;
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

    /// <exception cref="IOException">The connection is broken.</exception>
    private bool TryReceive(Span<byte> buffer, out int count)
    {
        try
        {
            count = LinuxSocketCalls.TryReceive(_socket, buffer);
            return count != LinuxSocketCalls.MustWait;
        }
        catch (Exception exception) when (SocketFaults.IsBroken(exception))
        {
            throw SocketFaults.Broken(_peer, exception);
        }
    }

    private void ThrowIfAborted()
    {
        if (_isAborted)
        {
            throw Aborted();
        }
    }

    private IOException Aborted() => SocketFaults.Broken(_peer, new ObjectDisposedException(nameof(SocketByteChannel)));
}
