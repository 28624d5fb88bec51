namespace Udf.Worker.Host;

/// <summary>The worker's side of a transport: listens at an address, and brings the engine's connections one after the other.</summary>
/// <param name="connection">Where the engine expects the worker: the value of <c>--connection</c>, as the engine's side of the transport has chosen it.</param>
/// <param name="cancellationToken">Falls when the worker ends.</param>
/// <returns>
/// Connected duplex streams, each to be brought as soon as it is there: it is served while the next is waited for, and disposed by the worker. The end of the sequence means that no further connection comes; a failure
/// ends the worker.
/// </returns>
/// <remarks>Called once. The engine opens several connections: implementations see to it that at each moment one can be opened. Runs on the thread pool.</remarks>
public delegate IAsyncEnumerable<Stream> UdfConnectionAcceptor(string connection, CancellationToken cancellationToken);
