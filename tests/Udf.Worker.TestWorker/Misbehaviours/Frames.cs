using System.Net.Sockets;
using Udf.Worker.Protocol;

namespace Udf.Worker.TestWorker.Misbehaviours;

/// <summary>A good preface, and bad frames in answer to the first that comes on an execute connection. The manage connection stays open and silent.</summary>
internal static class Frames
{
    /// <summary>A frame of 100 bytes that ends after three.</summary>
    internal static void Torn(TestWorkerStart start, Socket socket) => AnswerInit(start, socket, [0, 0, 0, 0, 100, 0x0A, 98, 0x0A]);

    /// <summary>A frame of almost 4 GiB.</summary>
    internal static void Oversized(TestWorkerStart start, Socket socket) => AnswerInit(start, socket, [0, 0xFF, 0xFF, 0xFF, 0xFF]);

    private static void AnswerInit(TestWorkerStart start, Socket socket, ReadOnlySpan<byte> bytes)
    {
        if (Answers.Accept(start, socket) == ConnectionRole.Execute)
        {
            byte[] header = new byte[FrameHeader.SizeBytes];
            RawWorker.ReceiveExactly(socket, header);
            socket.Send(bytes);
            socket.Shutdown(SocketShutdown.Send);
        }

        RawWorker.Drain(socket);
    }
}
