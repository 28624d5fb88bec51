using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Udf.Worker.Benchmarks.RoundTrips;

/// <summary>
/// The other side of the baseline: accepts connections and serves each with blocking calls on a thread of its own, until the first one ends.
/// Ends with its standard input, too, so that nothing is left of a run that was killed.
/// </summary>
internal static class EchoServer
{
    internal const string Mode = "echo-server";

    /// <summary>Serves: <c>FUNCTION unix PATH BYTES</c> or <c>FUNCTION tcp BYTES</c>, the function being an <see cref="EchoFunction"/>. Writes a line when it listens: the path, or the port.</summary>
    internal static void Run(string[] args)
    {
        var guard = new Thread(static () =>
        {
            Console.OpenStandardInput().CopyTo(Stream.Null);
            Environment.Exit(0);
        })
        { IsBackground = true };
        guard.Start();

        Action<Socket, int> serve = Enum.Parse<EchoFunction>(args[0]) switch
        {
            EchoFunction.Echo => Echo,
            EchoFunction.Sink => Sink,
            EchoFunction.Source => Generate,
            _ => throw new ArgumentOutOfRangeException(nameof(args), args[0], "Unknown function."),
        };
        EndPoint endPoint = args[1] == "unix" ? new UnixDomainSocketEndPoint(args[2]) : new IPEndPoint(IPAddress.Loopback, 0);
        using Socket listener = RawSockets.Create(endPoint);
        listener.Bind(endPoint);
        listener.Listen(512);
        Console.WriteLine(listener.LocalEndPoint is IPEndPoint bound ? bound.Port.ToString(CultureInfo.InvariantCulture) : args[2]);

        int bytes = int.Parse(args[^1], CultureInfo.InvariantCulture);
        using Socket first = listener.Accept();
        var accepting = new Thread(() => AcceptMore(listener, bytes, serve)) { IsBackground = true };
        accepting.Start();
        RawSockets.Tune(first);
        serve(first, bytes);
    }

    private static void AcceptMore(Socket listener, int bytes, Action<Socket, int> serve)
    {
        while (true)
        {
            Socket socket = listener.Accept();
            RawSockets.Tune(socket);
            new Thread(() => Serve(socket, bytes, serve), 256 * 1024) { IsBackground = true }.Start();
        }
    }

    private static void Serve(Socket socket, int bytes, Action<Socket, int> serve)
    {
        using (socket)
        {
            serve(socket, bytes);
        }
    }

    private static void Echo(Socket socket, int bytes)
    {
        byte[] message = new byte[bytes];
        while (RawSockets.TryReceive(socket, message))
        {
            RawSockets.Send(socket, message);
        }
    }

    /// <summary>Takes messages until their end, and closes then: that says that all have come.</summary>
    private static void Sink(Socket socket, int bytes)
    {
        byte[] message = new byte[bytes];
        while (RawSockets.TryReceive(socket, message))
        {
        }
    }

    /// <summary>Sends as many messages as the first eight bytes say.</summary>
    private static void Generate(Socket socket, int bytes)
    {
        byte[] count = new byte[sizeof(long)];
        byte[] message = new byte[bytes];
        if (!RawSockets.TryReceive(socket, count))
        {
            return;
        }

        for (long left = BinaryPrimitives.ReadInt64LittleEndian(count); left > 0; left--)
        {
            RawSockets.Send(socket, message);
        }
    }
}
