using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Udf.Worker.Benchmarks.RoundTrips;

/// <summary>
/// The other side of the baseline: accepts connections, receives messages of known length on each and sends them back, with blocking calls on a thread for each connection, until the first one ends.
/// Ends with its standard input, too, so that nothing is left of a run that was killed.
/// </summary>
internal static class EchoServer
{
    internal const string Mode = "echo-server";

    /// <summary>Serves: <c>unix PATH BYTES</c> or <c>tcp BYTES</c>. Writes a line when it listens: the path, or the port.</summary>
    internal static void Run(string[] args)
    {
        var guard = new Thread(static () =>
        {
            Console.OpenStandardInput().CopyTo(Stream.Null);
            Environment.Exit(0);
        })
        { IsBackground = true };
        guard.Start();

        EndPoint endPoint = args[0] == "unix" ? new UnixDomainSocketEndPoint(args[1]) : new IPEndPoint(IPAddress.Loopback, 0);
        using Socket listener = RawSockets.Create(endPoint);
        listener.Bind(endPoint);
        listener.Listen(512);
        Console.WriteLine(listener.LocalEndPoint is IPEndPoint bound ? bound.Port.ToString(CultureInfo.InvariantCulture) : args[1]);

        int bytes = int.Parse(args[^1], CultureInfo.InvariantCulture);
        using Socket first = listener.Accept();
        var accepting = new Thread(() => AcceptMore(listener, bytes)) { IsBackground = true };
        accepting.Start();
        Echo(first, bytes);
    }

    private static void AcceptMore(Socket listener, int bytes)
    {
        while (true)
        {
            Socket socket = listener.Accept();
            new Thread(() => Echo(socket, bytes), 256 * 1024) { IsBackground = true }.Start();
        }
    }

    private static void Echo(Socket socket, int bytes)
    {
        RawSockets.Tune(socket);
        byte[] message = new byte[bytes];
        while (RawSockets.TryReceive(socket, message))
        {
            RawSockets.Send(socket, message);
        }
    }
}
