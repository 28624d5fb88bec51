using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Udf.Worker.Transport;

/// <summary>A connected stream socket. Owns it.</summary>
/// <remarks>A wait allocates nothing once the channel is warm: what is returned is awaited once, at once.</remarks>
public sealed class SocketByteChannel : ByteChannel
{
    /// <summary>Up to here a body travels in the same call as its head, at the price of a copy; above it the copy costs more than the second call.</summary>
    private const int JoinBytes = 16 * 1024;

    private readonly Socket _socket;
    private byte[]? _joined;

    /// <summary>Creates the channel.</summary>
    /// <param name="socket">A connected socket of type stream; disposed with the channel.</param>
    /// <param name="description">What is at the other end, for messages.</param>
    public SocketByteChannel(Socket socket, string description)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(description);
        _socket = socket;
        Description = description;
    }

    /// <inheritdoc/>
    public override string Description { get; }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            throw Broken(exception);
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
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
        catch (Exception exception) when (IsBroken(exception))
        {
            throw Broken(exception);
        }
    }

    /// <inheritdoc/>
    public override int Receive(Memory<byte> buffer)
    {
        try
        {
            return _socket.Receive(buffer.Span);
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            throw Broken(exception);
        }
    }

    /// <inheritdoc/>
    public override void Send(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
    {
        try
        {
            (ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> rest) = Join(head, body);
            SendAll(first.Span);
            SendAll(rest.Span);
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            throw Broken(exception);
        }
    }

    /// <inheritdoc/>
    public override void ShutdownSend() => Shutdown(SocketShutdown.Send);

    /// <inheritdoc/>
    public override void ShutdownReceive() => Shutdown(SocketShutdown.Receive);

    /// <inheritdoc/>
    public override void EndBoth() => Shutdown(SocketShutdown.Both);

    /// <inheritdoc/>
    public override void Abort() => _socket.Dispose();

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            _socket.Shutdown(how);
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            // The peer is gone already: it reads no end, and needs none.
        }
    }

    private static bool IsBroken(Exception exception) => exception is SocketException or ObjectDisposedException;

    private IOException Broken(Exception exception) => new($"The connection to {Description} is broken: {exception.Message}", exception);

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
