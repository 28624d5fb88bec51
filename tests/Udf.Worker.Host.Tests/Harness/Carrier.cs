namespace Udf.Worker.Host.Tests;

/// <summary>What the bytes of a test travel on.</summary>
public enum Carrier
{
    /// <summary>A pair of streams in memory, through <see cref="UdfWorkerHost.ServeAsync"/>.</summary>
    Memory,

    /// <summary>A Unix domain socket, through the gate.</summary>
    Unix,
}
