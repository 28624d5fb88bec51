using System.Net.Sockets;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Tcp.Internal;

namespace Udf.Worker.Transport.Tcp.Tests;

public sealed class LoopbackPortsTests
{
    [Fact]
    [Failure("no free TCP port was found")]
    public void Reserve_NoPortIsFree_SaysSoAndIsTransient()
    {
        var error = Assert.Throws<WorkerStartException>(() => LoopbackPorts.Reserve(static _ => throw new SocketException((int)SocketError.AddressAlreadyInUse)));

        Assert.Contains("No free port was found on the loopback", error.Message, StringComparison.Ordinal);
        Assert.True(error.IsTransient);
    }
}
