namespace Udf.Worker.Benchmarks.Check;

/// <summary>What a message may cost, on one CPU.</summary>
/// <param name="Bytes">Bytes allocated by the host.</param>
/// <param name="Calls">System calls of the host on sockets, as its own seam counts them.</param>
/// <param name="HostSwitches">Context switches of the host.</param>
/// <param name="WorkerSwitches">Context switches of the worker.</param>
internal sealed record Ceilings(double Bytes, double Calls, double HostSwitches, double WorkerSwitches);
