namespace Udf.Worker.Transport.Tests;

/// <summary>A channel whose sending fails, once it is told to, with what no channel should fail with.</summary>
internal sealed class BreakableByteChannel(ByteChannel inner) : ByteChannel
{
    private volatile Exception? _failure;

    public override string Description => inner.Description;

    public void FailSendingWith(Exception failure) => _failure = failure;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => inner.ReceiveAsync(buffer, cancellationToken);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body) =>
        _failure is { } failure ? throw failure : inner.SendAsync(head, body);

    public override int Receive(Memory<byte> buffer) => inner.Receive(buffer);

    public override void Send(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body) => inner.Send(head, body);

    public override void ShutdownSend() => inner.ShutdownSend();

    public override void ShutdownReceive() => inner.ShutdownReceive();

    public override void EndBoth() => inner.EndBoth();

    public override void Abort() => inner.Abort();
}
