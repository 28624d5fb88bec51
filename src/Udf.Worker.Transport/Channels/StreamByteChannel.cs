namespace Udf.Worker.Transport;

/// <summary>Any duplex stream: a named pipe, a TLS stream, one half of a pair in memory. Owns it.</summary>
/// <remarks>The blocking send uses the stream's blocking calls; the blocking receive waits for its asynchronous one. Disposing the stream must end what waits on it, as it does for the streams of the framework.</remarks>
public sealed class StreamByteChannel : ByteChannel
{
    private readonly Stream _stream;
    private readonly CancellationTokenSource _receiveEnded = new();
    private int _aborted;

    /// <summary>Creates the channel.</summary>
    /// <param name="stream">A stream that can be read and written; disposed with the channel.</param>
    /// <param name="description">What is at the other end, for messages.</param>
    /// <exception cref="ArgumentException">The stream cannot be read, or not be written.</exception>
    public StreamByteChannel(Stream stream, string description)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(description);
        if (!stream.CanRead || !stream.CanWrite)
        {
            throw new ArgumentException("The stream must be readable and writable.", nameof(stream));
        }

        _stream = stream;
        Description = description;
    }

    /// <inheritdoc/>
    public override string Description { get; }

    /// <inheritdoc/>
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            throw Broken(exception);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
    {
        try
        {
            await _stream.WriteAsync(head).ConfigureAwait(false);
            if (!body.IsEmpty)
            {
                await _stream.WriteAsync(body).ConfigureAwait(false);
            }

            await _stream.FlushAsync().ConfigureAwait(false);
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
            // A stream has no half end: what blocks here must be woken without disposing the stream, and only the asynchronous read can be.
            ValueTask<int> read = _stream.ReadAsync(buffer, _receiveEnded.Token);
#pragma warning disable RS0030 // A blocking call by its contract, for a thread that belongs to one connection alone.
            return read.IsCompletedSuccessfully ? read.Result : read.AsTask().GetAwaiter().GetResult();
#pragma warning restore RS0030
        }
        catch (OperationCanceledException) when (_receiveEnded.IsCancellationRequested)
        {
            return 0;
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
            _stream.Write(head.Span);
            _stream.Write(body.Span);
            _stream.Flush();
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            throw Broken(exception);
        }
    }

    /// <summary>Does nothing: a stream has no half end. The peer reads the end when the channel is disposed.</summary>
    public override void ShutdownSend()
    {
    }

    /// <inheritdoc/>
    public override void ShutdownReceive() => _receiveEnded.Cancel();

    /// <inheritdoc/>
    public override void Abort()
    {
        if (Interlocked.Exchange(ref _aborted, 1) == 0)
        {
            try
            {
                _stream.Dispose();
            }
            catch (IOException)
            {
                // What was not flushed cannot be any more: that is what an abort means.
            }
        }
    }

    private static bool IsBroken(Exception exception) => exception is IOException or ObjectDisposedException or InvalidOperationException;

    private IOException Broken(Exception exception) => new($"The connection to {Description} is broken: {exception.Message}", exception);
}
