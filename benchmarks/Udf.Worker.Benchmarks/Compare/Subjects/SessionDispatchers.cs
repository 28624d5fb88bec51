using Udf.Worker.Benchmarks.RoundTrips;
using Udf.Worker.Direct;
using Udf.Worker.Transport;
using Udf.Worker.Transport.Tcp;
using Udf.Worker.Transport.Uds;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Makes the dispatchers and options of what is measured. Everything that the description does not say is the default.</summary>
internal static class SessionDispatchers
{
    /// <summary>A dispatcher with one worker, which serves one session after another.</summary>
    internal static WorkerDispatcher Create(SubjectDescription description)
    {
        WorkerSpecification worker = WorkerEcho.Worker.WithReuse();
        var options = new DirectWorkerOptions();
        options.Pool.MaxWorkers = 1;
        var connection = new FramedConnectionOptions();
        if (description.Method == SubjectMethod.SessionShared)
        {
            worker = worker.WithConcurrentUdfs();
            connection = connection with { Multiplexing = MultiplexingMode.Always };
        }

        return description.IsTcp
            ? new TcpWorkerDispatcher(worker.OverTcp(), options, new TcpWorkerOptions { Connection = connection })
            : new UdsWorkerDispatcher(worker.OverUnixDomainSocket(), options, new UdsWorkerOptions { Connection = connection });
    }

    internal static WorkerSessionOptions Options(SubjectDescription description) => new() { ContinueInline = description.Method == SubjectMethod.SessionInline };
}
