using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Transport.Tests;

/// <summary>Bytes as they travel.</summary>
internal static class Wire
{
    public static byte[] Frame(ReadOnlySpan<byte> message)
    {
        byte[] frame = new byte[FrameHeader.SizeBytes + message.Length];
        new FrameHeader(message.Length).Write(frame);
        message.CopyTo(frame.AsSpan(FrameHeader.SizeBytes));
        return frame;
    }

    public static byte[] Batch(ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[DataMessage.GetFramePrefixBytes(payload.Length) + payload.Length];
        int prefix = DataMessage.WriteFramePrefix(frame, payload.Length);
        payload.CopyTo(frame.AsSpan(prefix));
        return frame;
    }

    /// <summary>Bytes that are different at each place, and for each seed.</summary>
    public static byte[] Pattern(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static ExecutionError UserError(string message = "requested", string? errorClass = null)
    {
        var user = new UserError { Message = message, Traceback = "at line 1" };
        if (errorClass is not null)
        {
            user.ErrorClass = errorClass;
        }

        return new ExecutionError { User = user };
    }

    public static ExecutionError WorkerError(string message = "broken") => new() { Worker = new WorkerError { Message = message } };
}
