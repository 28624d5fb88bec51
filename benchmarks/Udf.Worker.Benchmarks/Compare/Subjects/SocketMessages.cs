using Udf.Worker.Protocol;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>The bytes that a baseline moves: the frame in which the library's session sends the payload.</summary>
internal static class SocketMessages
{
    internal static byte[] CreateFrame(int payloadBytes)
    {
        byte[] payload = TestPayload.Create(payloadBytes);
        byte[] frame = new byte[DataMessage.GetFramePrefixBytes(payloadBytes) + payloadBytes];
        payload.CopyTo(frame, DataMessage.WriteFramePrefix(frame, payloadBytes));
        return frame;
    }
}
