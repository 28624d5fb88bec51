using System.Globalization;
using System.Net.Sockets;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>The other side of <see cref="EpollSessions"/>: one thread sends back what comes on any of its connections, until they end.</summary>
internal static class EpollServer
{
    internal const string Mode = "epoll-server";

    /// <summary>Serves: <c>PATH BYTES COUNT</c>. Writes a line when it listens.</summary>
    internal static void Run(string[] args)
    {
        byte[] message = new byte[int.Parse(args[1], CultureInfo.InvariantCulture)];
        var sockets = new Socket[int.Parse(args[2], CultureInfo.InvariantCulture)];
        int poll = EpollCalls.Create();
        using (var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            listener.Bind(new UnixDomainSocketEndPoint(args[0]));
            listener.Listen(512);
            Console.WriteLine(args[0]);
            for (int index = 0; index < sockets.Length; index++)
            {
                sockets[index] = listener.Accept();
                EpollCalls.Watch(poll, sockets[index], index);
            }
        }

        int[] handles = [.. sockets.Select(static socket => (int)socket.Handle)];
        int[] ready = new int[sockets.Length];
        int open = sockets.Length;
        while (open > 0)
        {
            int count = EpollCalls.Wait(poll, ready);
            for (int index = 0; index < count; index++)
            {
                int number = ready[index];
                if (EpollCalls.TryReceive(handles[number], message))
                {
                    EpollCalls.Send(handles[number], message);
                }
                else
                {
                    sockets[number].Dispose();
                    open--;
                }
            }
        }
    }
}
