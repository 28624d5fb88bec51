using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Udf.Worker.Benchmarks.RoundTrips;

/// <summary>
/// The other side of the baseline: accepts one connection, receives a message of known length and sends it back, with blocking calls on one thread, until the connection ends.
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
        listener.Listen(1);
        Console.WriteLine(listener.LocalEndPoint is IPEndPoint bound ? bound.Port.ToString(CultureInfo.InvariantCulture) : args[1]);

        using Socket socket = listener.Accept();
        RawSockets.Tune(socket);
        byte[] message = new byte[int.Parse(args[^1], CultureInfo.InvariantCulture)];
        while (RawSockets.TryReceive(socket, message))
        {
            RawSockets.Send(socket, message);
        }
    }
}
