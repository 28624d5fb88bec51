using Udf.Worker.Transport.Tcp;

namespace Udf.Worker.Benchmarks.RoundTrips;

/// <inheritdoc/>
/// <remarks>Over TCP on the loopback. Its baseline is TCP, too: compare the columns of times to see what TCP costs beside a Unix domain socket.</remarks>
public class TcpRoundTripBenchmark : RoundTripBenchmark
{
    private protected override RawEcho StartSockets(int messageBytes) => RawEcho.OverTcp(messageBytes);

    private protected override WorkerDispatcher CreateDispatcher() => new TcpWorkerDispatcher(WorkerEcho.Worker.OverTcp());
}
