using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Udf.Worker.Protocol;

namespace Udf.Worker.TestWorker;

/// <summary>What a misbehaving worker was started with.</summary>
internal sealed class TestWorkerStart
{
    internal TestWorkerStart(string[] args, string? argument)
    {
        Args = args;
        Argument = argument;
        int index = Array.IndexOf(args, "--connection");
        Connection = index >= 0 && index + 1 < args.Length ? args[index + 1] : "";
        Token = WorkerToken.TryParse(Environment.GetEnvironmentVariable(WorkerToken.EnvironmentVariable), out WorkerToken? token) ? token : null;
    }

    internal string[] Args { get; }

    /// <summary>What stands behind the colon.</summary>
    internal string? Argument { get; }

    internal string Connection { get; }

    internal WorkerToken? Token { get; }

    internal int Number(int otherwise) => Argument is null ? otherwise : int.Parse(Argument, CultureInfo.InvariantCulture);

    /// <summary>A bound socket that does not listen yet, on the socket path, the abstract name or the IPv4 loopback port.</summary>
    internal Socket Bind()
    {
        bool isTcp = int.TryParse(Connection, NumberStyles.None, CultureInfo.InvariantCulture, out int port);
        Socket socket = isTcp
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(isTcp ? new IPEndPoint(IPAddress.Loopback, port) : new UnixDomainSocketEndPoint(Connection.StartsWith('@') ? '\0' + Connection[1..] : Connection));
        return socket;
    }
}
