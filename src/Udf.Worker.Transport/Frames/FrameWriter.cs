using Google.Protobuf;
using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>Writes frames to a channel, in either of its two ways. One writer at a time; reuses one small buffer for what it writes before a payload.</summary>
internal sealed class FrameWriter(ByteChannel channel) : IFrameWriter
{
    private const int KeptBytes = 64 * 1024;

    private readonly byte[] _prefix = new byte[DataMessage.LongFramePrefixBytes];
    private byte[] _message = [];

    /// <summary>Sends a batch. The payload is passed on as it is, and is kept until the task ends.</summary>
    public ValueTask SendDataAsync(ReadOnlyMemory<byte> payload)
    {
        int count = DataMessage.WriteFramePrefix(_prefix, payload.Length);
        return channel.SendAsync(_prefix.AsMemory(0, count), payload);
    }

    /// <summary>Sends a message.</summary>
    public ValueTask SendAsync(IMessage message) => channel.SendAsync(Encode(message), default);

    /// <summary>Sends a batch, and blocks until it is taken.</summary>
    public void SendData(ReadOnlyMemory<byte> payload)
    {
        int count = DataMessage.WriteFramePrefix(_prefix, payload.Length);
        channel.Send(_prefix.AsMemory(0, count), payload);
    }

    /// <summary>Sends a message, and blocks until it is taken.</summary>
    public void Send(IMessage message) => channel.Send(Encode(message), default);

    private ReadOnlyMemory<byte> Encode(IMessage message)
    {
        int messageBytes = message.CalculateSize();
        int total = FrameHeader.SizeBytes + messageBytes;
        byte[] buffer = _message.Length >= total ? _message : GC.AllocateUninitializedArray<byte>(total);
        if (total <= KeptBytes)
        {
            _message = buffer;
        }

        new FrameHeader(messageBytes).Write(buffer);
        message.WriteTo(buffer.AsSpan(FrameHeader.SizeBytes, messageBytes));
        return buffer.AsMemory(0, total);
    }
}
