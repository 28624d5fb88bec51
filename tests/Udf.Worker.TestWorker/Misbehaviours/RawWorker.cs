using System.Net.Sockets;

namespace Udf.Worker.TestWorker.Misbehaviours;

/// <summary>Accepts connections and hands each to a misbehaviour, on a thread of its own. Ends by SIGTERM as any program does.</summary>
internal static class RawWorker
{
    internal static Task<int> RunAsync(TestWorkerStart start, Action<TestWorkerStart, Socket> serve)
    {
        using Socket listener = start.Bind();
        listener.Listen();
        while (true)
        {
            Socket socket = listener.Accept();
            Thread thread = new(() => Serve(start, socket, serve)) { IsBackground = true };
            thread.Start();
        }
    }

    /// <summary>Reads and drops until the peer closes.</summary>
    internal static void Drain(Socket socket)
    {
        byte[] dropped = new byte[4096];
        while (socket.Receive(dropped) > 0)
        {
        }
    }

    private static void Serve(TestWorkerStart start, Socket socket, Action<TestWorkerStart, Socket> serve)
    {
        try
        {
            serve(start, socket);
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            // The engine has given up, as it should.
        }
        finally
        {
            socket.Dispose();
        }
    }
}
