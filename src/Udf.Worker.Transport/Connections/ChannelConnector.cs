namespace Udf.Worker.Transport;

/// <summary>Opens one more connection to one worker.</summary>
/// <param name="cancellationToken">Ends the attempt.</param>
/// <returns>The connected channel, which the caller disposes.</returns>
/// <exception cref="IOException">The worker does not listen, or not yet.</exception>
/// <exception cref="System.Net.Sockets.SocketException">The same.</exception>
public delegate ValueTask<ByteChannel> ChannelConnector(CancellationToken cancellationToken);
