using System.Net.Sockets;
using System.Runtime.InteropServices;
using Udf.Worker.Host;

namespace Udf.Worker.TestWorker.Misbehaviours;

/// <summary>Workers that do not end when they should.</summary>
internal static class Ends
{
    /// <summary>Serves everything, and goes on after SIGTERM and after a shutdown. Only SIGKILL ends it.</summary>
    internal static async Task<int> IgnoreSigtermAsync(TestWorkerStart start)
    {
        using var termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = true);
        await using UdfWorkerHost host = new(_ => { }, TestWorkerOptions.Create(), start.Token);
        using Socket listener = start.Bind();
        listener.Listen();
        List<Task> served = [];
        while (true)
        {
            Socket socket = await listener.AcceptAsync();
            served.Add(host.ServeAsync(new NetworkStream(socket, ownsSocket: true)));
        }
    }
}
