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
    private int _busyThreadId;
    private long _pollerId;

    private volatile SocketPolling? _polling;

    // Belong to the request.
    private Memory<byte> _first;
    private Memory<byte> _second;
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

        /// <summary>It sleeps, because bytes are there that nobody has asked for, or because who asks looks for a while himself.</summary>
        Parked,

        /// <summary>It runs what follows from the answer, which may be anything, and may belong to an earlier user of the connection.</summary>
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

    /// <summary>How who asks looks for bytes himself before he leaves that to a thread that sleeps; <see langword="null"/> if he does not. Thread safe.</summary>
    internal SocketPolling? Polling
    {
        get => _polling;
        set => _polling = value;
    }

    private bool IsAskedByItsReader => _reader == ReaderState.Busy && _continuesInline && _busyThreadId == Environment.CurrentManagedThreadId;

    /// <inheritdoc cref="ByteChannel.ReceiveAsync(Memory{byte}, CancellationToken)"/>
    internal ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => ReceiveAsync(buffer, second: default, cancellationToken);

    /// <inheritdoc cref="ByteChannel.ReceiveAsync(Memory{byte}, Memory{byte}, CancellationToken)"/>
    internal ValueTask<int> ReceiveAsync(Memory<byte> first, Memory<byte> second, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        bool isReaderNear;
        lock (_gate)
        {
            ThrowIfAborted();
            if (_request != RequestState.None)
            {
                throw new InvalidOperationException("Only one may receive at a time.");
            }

            // Who is in the kernel, or about to be, finds what there is: looking here as well would most often be one call more for nothing.
            isReaderNear = _reader == ReaderState.Waiting || IsAskedByItsReader;
        }

        SocketPolling? polling = _polling;
        return (polling is not null || !isReaderNear) && TryReceive(first.Span, second.Span, out int count, polling, cancellationToken)
            ? new ValueTask<int>(count)
            : WaitAsync(first, second, cancellationToken);
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

    /// <exception cref="IOException">The connection is broken.</exception>
    private bool TryReceive(Span<byte> first, Span<byte> second, out int count, SocketPolling? polling = null, CancellationToken cancellationToken = default)
    {
        try
        {
            count = polling is null ? LinuxSocketCalls.TryReceive(_socket, first, second) : polling.TryReceive(_socket, first, second, cancellationToken);
        }
        catch (Exception exception) when (SocketFaults.IsBroken(exception))
        {
            throw SocketFaults.Broken(_peer, exception);
        }

        if (count == 0)
        {
            // An abort that is just under way looks like the peer's end.
            lock (_gate)
            {
                ThrowIfAborted();
            }
        }

        return count != LinuxSocketCalls.MustWait;
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
