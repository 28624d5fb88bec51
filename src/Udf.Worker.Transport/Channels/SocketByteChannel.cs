using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport;

/// <summary>A connected stream socket. Owns it.</summary>
/// <remarks>A wait allocates nothing once the channel is warm: what is returned is awaited once, at once.</remarks>
public sealed class SocketByteChannel : ByteChannel
{
    /// <summary>Up to here a body travels in the same call as its head, at the price of a copy; above it the copy costs more than the second call.</summary>
    private const int JoinBytes = 16 * 1024;

    private readonly Socket _socket;
    private readonly LinuxSocket? _linux;
    private byte[]? _joined;
    private volatile bool _isAborted;

    /// <summary>Creates the channel.</summary>
    /// <param name="socket">A connected socket of type stream; disposed with the channel.</param>
    /// <param name="description">What is at the other end, for messages.</param>
    public SocketByteChannel(Socket socket, string description)
        : this(socket, description, LinuxSocket.IsUsed)
    {
    }

    /// <param name="socket">A connected socket of type stream; disposed with the channel.</param>
    /// <param name="description">What is at the other end, for messages.</param>
    /// <param name="isLinux">Whether to use the calls of Linux; otherwise those of the framework, as on other systems.</param>
    internal SocketByteChannel(Socket socket, string description, bool isLinux)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(description);
        _socket = socket;
        Description = description;
        if (isLinux && LinuxSocket.IsUsed)
        {
            _linux = new LinuxSocket(socket, description);
        }
    }

    /// <inheritdoc/>
    public override string Description { get; }

    /// <summary>Has a thread of its own wait for what this socket receives, where the system has the fast path and a thread is to be had. For connections on which one answer after the other is awaited.</summary>
    internal void DedicateReader()
    {
        if (LinuxSocket.IsUsed && _linux is not null)
        {
            _linux.Receiver.HasOwnThread = true;
        }
    }

    /// <summary>Sets whether who awaits an answer goes on on the thread that has received it, if that is a thread of this channel's own.</summary>
    internal void SetContinuesInline(bool value)
    {
        if (LinuxSocket.IsUsed && _linux is not null)
        {
            _linux.Receiver.ContinuesInline = value;
        }
    }

    /// <summary>
    /// Sets how long who receives looks for bytes himself before he sleeps. Thread safe. Without effect where the system has no fast path, and for more threads of the process at once than it has processors to spare.
    /// </summary>
    /// <param name="limit">How long, at most; zero for not at all.</param>
    /// <param name="timeProvider">The clock.</param>
    internal void SetPolling(TimeSpan limit, TimeProvider timeProvider)
    {
        if (LinuxSocket.IsUsed && _linux is not null)
        {
            _linux.Receiver.Polling = limit > TimeSpan.Zero ? new SocketPolling(limit, timeProvider, PollingThreads.Shared) : null;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => ReceiveAsync(buffer, second: default, cancellationToken);

    /// <inheritdoc/>
    internal override bool ReceivesInTwo => _linux is not null;

    /// <inheritdoc/>
    internal override ValueTask<int> ReceiveAsync(Memory<byte> first, Memory<byte> second, CancellationToken cancellationToken) =>
        LinuxSocket.IsUsed && _linux is not null ? _linux.Receiver.ReceiveAsync(first, second, cancellationToken) : ReceivePortablyAsync(first, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask SendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body) =>
        LinuxSocket.IsUsed && _linux is not null ? _linux.Sender.SendAsync(head, body) : SendPortablyAsync(head, body);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceivePortablyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (SocketFaults.IsBroken(exception))
        {
            throw SocketFaults.Broken(Description, exception);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendPortablyAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
    {
        try
        {
            (ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> rest) = Join(head, body);
            await SendAllAsync(first).ConfigureAwait(false);
            if (!rest.IsEmpty)
            {
                await SendAllAsync(rest).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (SocketFaults.IsBroken(exception))
        {
            throw SocketFaults.Broken(Description, exception);
        }
    }

    /// <inheritdoc/>
    public override int Receive(Memory<byte> buffer) => Receive(buffer, second: default);

    /// <inheritdoc/>
    internal override int Receive(Memory<byte> first, Memory<byte> second)
    {
        try
        {
            int count = LinuxSocket.IsUsed && _linux is not null ? _linux.Receive(first.Span, second.Span) : _socket.Receive(first.Span);

            // An abort looks like the peer's end to who is in the kernel at that moment.
            return count > 0 || !_isAborted ? count : throw new ObjectDisposedException(nameof(SocketByteChannel));
        }
        catch (Exception exception) when (SocketFaults.IsBroken(exception))
        {
            throw SocketFaults.Broken(Description, exception);
        }
    }

    /// <inheritdoc/>
    public override void Send(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
    {
        if (LinuxSocket.IsUsed && _linux is not null)
        {
            _linux.Sender.Send(head.Span, body.Span);
            return;
        }

        try
        {
            (ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> rest) = Join(head, body);
            SendAll(first.Span);
            SendAll(rest.Span);
        }
        catch (Exception exception) when (SocketFaults.IsBroken(exception))
        {
            throw SocketFaults.Broken(Description, exception);
        }
    }

    /// <inheritdoc/>
    public override void ShutdownSend() => Shutdown(SocketShutdown.Send);

    /// <inheritdoc/>
    public override void ShutdownReceive() => Shutdown(SocketShutdown.Receive);

    /// <inheritdoc/>
    public override void EndBoth() => Shutdown(SocketShutdown.Both);

    /// <inheritdoc/>
    public override void Abort()
    {
        _isAborted = true;
        if (LinuxSocket.IsUsed && _linux is not null)
        {
            _linux.Abort();

            // Who is in the kernel with it comes back: closing alone waits for him.
            Shutdown(SocketShutdown.Both);
        }

        _socket.Dispose();
    }

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            _socket.Shutdown(how);
        }
        catch (Exception exception) when (SocketFaults.IsBroken(exception))
        {
            // The peer is gone already: it reads no end, and needs none.
        }
    }

    /// <summary>Puts as much of the body as is worth a copy behind the head, so that a small frame is one packet and a large one begins with a full one.</summary>
    private (ReadOnlyMemory<byte> First, ReadOnlyMemory<byte> Remainder) Join(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
        {
            return (head, body);
        }

        // Not from a shared pool: an abort may leave the kernel reading from it.
        byte[] joined = _joined ??= GC.AllocateUninitializedArray<byte>(JoinBytes);
        if (head.Length >= joined.Length)
        {
            return (head, body);
        }

        int count = Math.Min(body.Length, joined.Length - head.Length);
        head.CopyTo(joined);
        body[..count].CopyTo(joined.AsMemory(head.Length));
        return (joined.AsMemory(0, head.Length + count), body[count..]);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count = await _socket.SendAsync(bytes).ConfigureAwait(false);
            bytes = bytes[count..];
        }
    }

    private void SendAll(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }
}
