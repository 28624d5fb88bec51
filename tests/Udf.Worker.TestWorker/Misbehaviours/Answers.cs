using System.Net.Sockets;
using System.Security.Cryptography;
using Udf.Worker.Protocol;

namespace Udf.Worker.TestWorker.Misbehaviours;

/// <summary>Wrong answers to the preface.</summary>
internal static class Answers
{
    // What a server of HTTP/2 says to bytes that it does not understand: SETTINGS, then GOAWAY with PROTOCOL_ERROR.
    private static ReadOnlySpan<byte> Http2Bytes => [0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

    internal static void Never(TestWorkerStart start, Socket socket) => RawWorker.Drain(socket);

    internal static void Http1(TestWorkerStart start, Socket socket) =>
        Say(socket, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8);

    internal static void Http2(TestWorkerStart start, Socket socket) => Say(socket, Http2Bytes);

    internal static void Garbage(TestWorkerStart start, Socket socket) =>
        Say(socket, "\x01\x02garbage, and enough of it to fill the answer to a preface twice over: \x03\x04"u8);

    internal static void WrongVersion(TestWorkerStart start, Socket socket)
    {
        EnginePreface request = Read(socket);
        Answer(socket, WorkerPreface.Create(request, 9, PrefaceStatus.NoCommonVersion, 0, 1024, start.Token));
    }

    internal static void WrongMac(TestWorkerStart start, Socket socket)
    {
        using var random = RandomNumberGenerator.Create();
        EnginePreface request = Read(socket);
        Answer(socket, WorkerPreface.Create(request, 1, PrefaceStatus.Accepted, 0, 1024, WorkerToken.Create(random)));
    }

    /// <summary><c>die-after-preface:code</c></summary>
    internal static void DieAfterPreface(TestWorkerStart start, Socket socket)
    {
        Accept(start, socket);
        Environment.Exit(start.Number(otherwise: 7));
    }

    /// <summary>Reads a preface and accepts it, as it should be.</summary>
    internal static ConnectionRole Accept(TestWorkerStart start, Socket socket)
    {
        EnginePreface request = Read(socket);
        byte[] bytes = new byte[WorkerPreface.SizeBytes];
        WorkerPreface.Create(request, 1, PrefaceStatus.Accepted, 0, WireLimits.DefaultMaxFrameBytes, start.Token).Write(bytes);
        socket.Send(bytes);
        return request.Role;
    }

    private static EnginePreface Read(Socket socket)
    {
        byte[] bytes = new byte[EnginePreface.SizeBytes];
        RawWorker.ReceiveExactly(socket, bytes);
        return EnginePreface.TryParse(bytes, out EnginePreface preface) ? preface : throw new IOException("No preface came.");
    }

    private static void Answer(Socket socket, in WorkerPreface answer)
    {
        Span<byte> bytes = stackalloc byte[WorkerPreface.SizeBytes];
        answer.Write(bytes);
        Say(socket, bytes);
    }

    private static void Say(Socket socket, ReadOnlySpan<byte> bytes)
    {
        socket.Send(bytes);
        socket.Shutdown(SocketShutdown.Send);
        RawWorker.Drain(socket);
    }
}
