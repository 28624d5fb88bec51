using Udf.Worker.Transport.Uds;

namespace Udf.Worker.Benchmarks.RoundTrips;

/// <inheritdoc/>
/// <remarks>Over a Unix domain socket.</remarks>
public class UdsRoundTripBenchmark : RoundTripBenchmark
{
    private protected override RawEcho StartSockets(int messageBytes) => RawEcho.OverUnixDomainSocket(messageBytes);

    private protected override WorkerDispatcher CreateDispatcher() => new UdsWorkerDispatcher(WorkerEcho.Worker.OverUnixDomainSocket());
}
