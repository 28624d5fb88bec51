using System.Net.Sockets;
using Udf.Worker.Direct;

namespace Udf.Worker.Transport.Uds.Tests;

/// <summary>Listens at the address of each worker before the worker can, in this process: the worker's parent, which is a stranger to it.</summary>
internal sealed class StrangerLauncher : IWorkerLauncher, IDisposable
{
    private readonly List<Socket> _sockets = [];

    /// <summary>How many bytes the stranger was sent on its first connection, once that is over.</summary>
    public Task<int> Received { get; private set; } = Task.FromResult(-1);

    public ValueTask<LaunchedProcess> LaunchAsync(WorkerLaunch launch, CancellationToken cancellationToken)
    {
        Socket listener = Sockets.Listen(launch.Address!);
        _sockets.Add(listener);
        Received = CountAsync(listener);
        return LocalProcessLauncher.Instance.LaunchAsync(launch, cancellationToken);
    }

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

    private static async Task<int> CountAsync(Socket listener)
    {
        using Socket connection = await listener.AcceptAsync();
        byte[] buffer = new byte[1024];
        int total = 0;
        while (await connection.ReceiveAsync(buffer) is > 0 and int count)
        {
            total += count;
        }

        return total;
    }
}
