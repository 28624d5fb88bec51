namespace Udf.Worker.Transport;

/// <summary>Opens one more connection to one worker.</summary>
/// <param name="cancellationToken">Ends the attempt.</param>
/// <returns>The connected channel, which the caller disposes.</returns>
/// <exception cref="IOException">The worker does not listen, or not yet.</exception>
/// <exception cref="System.Net.Sockets.SocketException">The same.</exception>
/// <exception cref="TimeoutException">The same. While a worker starts, each of these three means that it is tried again; any other exception ends the start.</exception>
public delegate ValueTask<ByteChannel> ChannelConnector(CancellationToken cancellationToken);
