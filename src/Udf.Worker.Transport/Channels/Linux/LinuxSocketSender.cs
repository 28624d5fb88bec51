using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using System.Threading.Tasks.Sources;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// The sending side of a socket: both pieces leave in one call, from where they are. Most often the kernel takes all at once; what it does not is sent as soon as the peer has read some, without a thread that waits.
/// </summary>
/// <remarks>One sender at a time.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class LinuxSocketSender(SafeSocketHandle socket, string peer) : IValueTaskSource, IReadinessTarget
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private bool _isWaiting;
    private bool _isAborted;
    private long _pollerId;

    private ManualResetValueTaskSourceCore<bool> _writable = new() { RunContinuationsAsynchronously = true };

    /// <inheritdoc cref="ByteChannel.SendAsync"/>
    internal ValueTask SendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
    {
        long sent = TrySend(head.Span, body.Span);
        return sent == (long)head.Length + body.Length ? ValueTask.CompletedTask : SendRestAsync(head, body, sent);
    }

    /// <inheritdoc cref="ByteChannel.Send"/>
    internal void Send(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        try
        {
            while (head.Length + body.Length > 0)
            {
                long sent = LinuxSocketCalls.TrySend(socket, head, body, blocks: true);
                if (sent == LinuxSocketCalls.MustWait)
                {
                    LinuxSocketCalls.WaitWritable(socket);
                    continue;
                }

                int ofHead = (int)Math.Min(sent, head.Length);
                head = head[ofHead..];
                body = body[(int)(sent - ofHead)..];
            }
        }
        catch (Exception exception) when (SocketFaults.IsBroken(exception))
        {
            throw SocketFaults.Broken(peer, exception);
        }
    }

    /// <summary>Ends what is waited for, now and later. The socket is closed by who calls this.</summary>
    internal void Abort()
    {
        bool wasWaiting;
        long pollerId;
        lock (_gate)
        {
            _isAborted = true;
            wasWaiting = _isWaiting;
            _isWaiting = false;
            pollerId = _pollerId;
            _pollerId = 0;
        }

        if (pollerId != 0)
        {
            ReadinessPoller.ForSending.Forget(socket, pollerId);
        }

        if (wasWaiting)
        {
            _writable.SetResult(false);
        }
    }

    void IValueTaskSource.GetResult(short token) => _writable.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _writable.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _writable.OnCompleted(continuation, state, token, flags);

    void IReadinessTarget.OnReady()
    {
        lock (_gate)
        {
            if (!_isWaiting)
            {
                return;
            }

            _isWaiting = false;
        }

        _writable.SetResult(true);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendRestAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, long sent)
    {
        while (true)
        {
            int ofHead = (int)Math.Min(sent, head.Length);
            head = head[ofHead..];
            body = body[(int)(sent - ofHead)..];
            if (head.IsEmpty && body.IsEmpty)
            {
                return;
            }

            await WaitWritableAsync().ConfigureAwait(false);
            sent = TrySend(head.Span, body.Span);
        }
    }

    /// <summary>Waits until the kernel takes some, or the channel was aborted: the next send finds out.</summary>
    private ValueTask WaitWritableAsync()
    {
        short version;
        long id;
        lock (_gate)
        {
            if (_isAborted)
            {
                return ValueTask.CompletedTask;
            }

            _writable.Reset();
            version = _writable.Version;
            _isWaiting = true;
            id = _pollerId;
        }

        long asked;
        try
        {
            asked = ReadinessPoller.ForSending.Ask(socket, this, id);
        }
        catch (Exception exception) when (SocketFaults.IsBroken(exception))
        {
            // Nobody would say when to go on. To try again at once would be to do so for as long as the peer does not read.
            lock (_gate)
            {
                _isWaiting = false;
            }

            return ValueTask.FromException(SocketFaults.Broken(peer, exception));
        }

        bool isLate;
        lock (_gate)
        {
            isLate = _isAborted;
            _pollerId = isLate ? 0 : asked;
        }

        if (isLate)
        {
            ReadinessPoller.ForSending.Forget(socket, asked);
        }

        return new ValueTask(this, version);
    }

    /// <returns>How many bytes the kernel took; 0 if it would have to wait.</returns>
    private long TrySend(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        try
        {
            return Math.Max(LinuxSocketCalls.TrySend(socket, head, body), 0);
        }
        catch (Exception exception) when (SocketFaults.IsBroken(exception))
        {
            throw SocketFaults.Broken(peer, exception);
        }
    }
}
