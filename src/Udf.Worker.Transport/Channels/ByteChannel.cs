namespace Udf.Worker.Transport;

/// <summary>
/// Bytes to and from one peer: the seam between frames and whatever carries them. A socket (<see cref="SocketByteChannel"/>) and any stream (<see cref="StreamByteChannel"/>) stand behind it.
/// </summary>
/// <remarks>
/// One reader and one writer at a time, which may be two threads. <see cref="Abort"/> may be called by anybody at any time and ends what both are waiting for.
/// Each direction has a way that waits without a thread, for the side that has many connections, and one that blocks, for the side that has a thread for each;
/// a channel is used in one of the two ways for its whole life, because a socket that was once used without blocking pays for it when it blocks.
/// </remarks>
public abstract class ByteChannel : IAsyncDisposable
{
    /// <summary>What is at the other end, for messages: an address, not a secret.</summary>
    public abstract string Description { get; }

    /// <summary>Receives what is there, or waits for some.</summary>
    /// <param name="buffer">Where it goes; not empty.</param>
    /// <param name="cancellationToken">Ends the wait. No byte is lost: the next call receives it.</param>
    /// <returns>The number of bytes; 0 when the peer has ended its direction.</returns>
    /// <exception cref="IOException">The connection is broken or was aborted.</exception>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Sends all of two pieces, one after the other, as few packets as the carrier allows.</summary>
    /// <param name="head">The first piece; kept by the channel until the task ends, as the second is.</param>
    /// <param name="body">The second piece; may be empty. Not copied if it is large.</param>
    /// <returns>A task that ends when the carrier has taken all bytes. It cannot be cancelled, because half a frame is no frame: abort the channel instead.</returns>
    /// <exception cref="IOException">The connection is broken or was aborted.</exception>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body);

    /// <summary>Receives what is there, or blocks for some.</summary>
    /// <inheritdoc cref="ReceiveAsync(Memory{byte}, CancellationToken)" path="/param[@name='buffer']|/returns|/exception"/>
    public abstract int Receive(Memory<byte> buffer);

    /// <summary>Sends all of two pieces, and blocks until the carrier has taken them.</summary>
    /// <inheritdoc cref="SendAsync" path="/param|/exception"/>
    public abstract void Send(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body);

    /// <summary>Ends this side's direction after what has been sent: the peer reads an end of stream. Does nothing where the carrier cannot, and on a broken connection.</summary>
    public abstract void ShutdownSend();

    /// <summary>
    /// Ends both directions, for a peer that is gone: what has been received can still be read, then comes the end of the stream; sending fails. Where the carrier cannot do that, it is an <see cref="Abort"/>.
    /// </summary>
    public virtual void EndBoth() => Abort();

    /// <summary>
    /// Ends the other direction from here: a <see cref="Receive(Memory{byte})"/> that blocks, and every later one, finds an end of stream once it has read what is there. May be called by anybody at any time.
    /// What is sent afterwards still goes out.
    /// </summary>
    public abstract void ShutdownReceive();

    /// <summary>Ends the connection at once, in both directions; what is waiting on it fails. Idempotent.</summary>
    public abstract void Abort();

    /// <summary>Whether one call fills two places.</summary>
    internal virtual bool ReceivesInTwo => false;

    /// <summary>Receives what is there, or waits for some, and fills two places one after the other where <see cref="ReceivesInTwo"/>; otherwise the first.</summary>
    internal virtual ValueTask<int> ReceiveAsync(Memory<byte> first, Memory<byte> second, CancellationToken cancellationToken) => ReceiveAsync(first, cancellationToken);

    /// <summary>Receives what is there, or blocks for some, and fills two places one after the other where <see cref="ReceivesInTwo"/>; otherwise the first.</summary>
    internal virtual int Receive(Memory<byte> first, Memory<byte> second) => Receive(first);

    /// <summary>Lets go of the carrier. Idempotent.</summary>
    public virtual ValueTask DisposeAsync()
    {
        Abort();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
