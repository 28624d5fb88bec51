namespace Udf.Worker.Benchmarks.RoundTrips;

/// <summary>What an <see cref="EchoServer"/> does with a connection.</summary>
internal enum EchoFunction
{
    /// <summary>Sends back each message once it has all of it.</summary>
    Echo,

    /// <summary>Takes messages.</summary>
    Sink,

    /// <summary>Gives messages.</summary>
    Source,
}
