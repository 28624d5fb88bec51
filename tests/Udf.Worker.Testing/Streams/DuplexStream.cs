namespace Udf.Worker.Testing;

/// <summary>One end of a connection in memory. Disposing it ends its own direction and breaks the other, as closing a socket does.</summary>
public sealed class DuplexStream(ByteQueue incoming, ByteQueue outgoing) : Stream
{
    public static (DuplexStream Engine, DuplexStream Worker) CreatePair(int capacity = 64 * 1024)
    {
        var toWorker = new ByteQueue(capacity);
        var toEngine = new ByteQueue(capacity);
        return (new DuplexStream(toEngine, toWorker), new DuplexStream(toWorker, toEngine));
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Ends this direction only.</summary>
    public void EndWriting() => outgoing.End();

    /// <summary>Takes nothing more: the peer's writes fail, and what this side writes still goes out.</summary>
    public void BreakReading() => incoming.Break();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => incoming.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => outgoing.WriteAsync(buffer);

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        outgoing.End();
        incoming.Break();
        base.Dispose(disposing);
    }
}
