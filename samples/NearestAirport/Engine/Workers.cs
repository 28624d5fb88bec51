using Udf.Worker;
using Udf.Worker.Direct;
using Udf.Worker.Transport.Tcp;
using Udf.Worker.Transport.Uds;

namespace NearestAirport;

/// <summary>What the workers are and how they are reached. Nothing else in the program depends on the transport.</summary>
internal static class Workers
{
    /// <summary>The transports by the names of the command line; the first is the default.</summary>
    public static IReadOnlyList<string> Transports { get; } = ["uds", "tcp"];

    /// <summary>Makes what sessions come from. It starts no process before the first session, and never more than are of use at a time.</summary>
    public static DirectWorkerDispatcher CreateDispatcher(string transport, int workerCount)
    {
        var options = new DirectWorkerOptions();
        options.Pool.MaxWorkers = workerCount;
        return transport switch
        {
            "uds" => new UdsWorkerDispatcher(Specification().OverUnixDomainSocket(), options),
            "tcp" => new TcpWorkerDispatcher(Specification().OverTcp(), options),
            _ => throw new ArgumentOutOfRangeException(nameof(transport), transport, "There is no such transport."),
        };
    }

    private static WorkerSpecification Specification()
    {
        // This program once more, the way it was started itself: as an executable (dotnet run), or as an assembly (dotnet NearestAirport.dll).
        string executable = Environment.ProcessPath ?? "dotnet";
        WorkerSpecification specification = Path.GetFileNameWithoutExtension(executable) == "dotnet"
            ? WorkerSpecification.ForCommand(executable, typeof(Workers).Assembly.Location, "worker")
            : WorkerSpecification.ForCommand(executable, "worker");
        return specification.WithReuse();
    }
}
