using Udf.Worker.Direct;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Tcp;
using Udf.Worker.Transport.Uds;

namespace Udf.Worker.TestHost;

/// <summary>Brings a session into a state, prints the process id of its worker when it is there, and then only waits.</summary>
internal static class HeldSessionHost
{
    internal static async Task<int> RunAsync(string transport, string state)
    {
        WorkerTrace trace = new();
        DirectWorkerDispatcher dispatcher = CreateDispatcher(transport, trace);

        HeldSession held = await SessionStates.ReachAsync(dispatcher, trace, state);

        Console.WriteLine(held.WorkerProcessId);
        Console.ReadLine();
        GC.KeepAlive(held);
        return 0;
    }

    internal static DirectWorkerDispatcher CreateDispatcher(string transport, WorkerTrace trace)
    {
        WorkerSpecification specification = WorkerProgram.TestWorker.Specification;
        return transport == "uds"
            ? new UdsWorkerDispatcher(specification.OverUnixDomainSocket(), options: new UdsWorkerOptions { SocketDirectory = Path.GetTempPath() }, loggerFactory: trace.Logs)
            : new TcpWorkerDispatcher(specification.OverTcp(), loggerFactory: trace.Logs);
    }
}
