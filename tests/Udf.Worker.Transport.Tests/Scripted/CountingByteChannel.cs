namespace Udf.Worker.Transport.Tests;

/// <summary>A channel that counts what is received, for tests of how much the engine holds.</summary>
internal sealed class CountingByteChannel(ByteChannel inner) : ByteChannel
{
    private long _receivedBytes;

    public long ReceivedBytes => Interlocked.Read(ref _receivedBytes);

    public override string Description => inner.Description;

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int count = await inner.ReceiveAsync(buffer, cancellationToken);
        Interlocked.Add(ref _receivedBytes, count);
        return count;
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body) => inner.SendAsync(head, body);

    public override int Receive(Memory<byte> buffer)
    {
        int count = inner.Receive(buffer);
        Interlocked.Add(ref _receivedBytes, count);
        return count;
    }

    public override void Send(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body) => inner.Send(head, body);

    public override void ShutdownSend() => inner.ShutdownSend();

    public override void EndBoth() => inner.EndBoth();

    public override void ShutdownReceive() => inner.ShutdownReceive();

    public override void Abort() => inner.Abort();

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }
}
