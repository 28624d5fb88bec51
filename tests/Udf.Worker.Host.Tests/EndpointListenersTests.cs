using System.Net;
using System.Net.Sockets;
using Udf.Worker.Host.Internal;

namespace Udf.Worker.Host.Tests;

public sealed class EndpointListenersTests
{
    [Fact]
    public void Open_APortOnLoopback_ListensOnEveryAddress()
    {
        int port = FreePort();
        Socket[] listeners = EndpointListeners.Open($"{port}", hasToken: true);
        try
        {
            Assert.Equal(IPAddress.Loopback, ((IPEndPoint)listeners[0].LocalEndPoint!).Address);
            Assert.All(listeners, listener => Assert.True(IPAddress.IsLoopback(((IPEndPoint)listener.LocalEndPoint!).Address)));
            using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.Connect(IPAddress.Loopback, port);
        }
        finally
        {
            foreach (Socket listener in listeners)
            {
                listener.Dispose();
            }
        }
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void Open_APortThatIsTakenOnOneAddress_Fails(string address)
    {
        var taken = IPAddress.Parse(address);
        using Socket holder = new(taken.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            holder.Bind(new IPEndPoint(taken, 0));
        }
        catch (SocketException)
        {
            // This machine has no such address, so nobody can hold a port of it.
            return;
        }

        holder.Listen();
        int port = ((IPEndPoint)holder.LocalEndPoint!).Port;
        WorkerStartFailure failure = Assert.Throws<WorkerStartFailure>(() => EndpointListeners.Open($"{port}", hasToken: true));
        Assert.Contains($"{port}", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("99999999999999999999")]
    public void Open_ANumberThatIsNoPort_Fails(string connection) =>
        Assert.Throws<WorkerStartFailure>(() => EndpointListeners.Open(connection, hasToken: true));

    [Fact]
    public void Open_APathThatIsTooLongOrTakenOrNowhere_Fails()
    {
        string directory = Directory.CreateTempSubdirectory("udf-host-").FullName;
        try
        {
            string taken = Path.Combine(directory, "taken");
            File.WriteAllText(taken, "");
            foreach (string path in new[] { Path.Combine(directory, new string('x', 200)), taken, "/nonexistent/w.sock" })
            {
                WorkerStartFailure failure = Assert.Throws<WorkerStartFailure>(() => EndpointListeners.Open(path, hasToken: false));
                Assert.Contains(path, failure.Message, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Open_AnAbstractName_ListensThereAndMakesNoFile()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        string name = $"udf-host-{Guid.NewGuid():N}";
        using Socket listener = Assert.Single(EndpointListeners.Open('@' + name, hasToken: true));
        using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        client.Connect(new UnixDomainSocketEndPoint('\0' + name));

        Assert.False(File.Exists('@' + name));
        Assert.Contains('@' + name, Assert.Throws<WorkerStartFailure>(() => EndpointListeners.Open('@' + name, hasToken: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AnAbstractNameWithoutAToken_IsRefused()
    {
        WorkerStartFailure failure = Assert.Throws<WorkerStartFailure>(() => EndpointListeners.Open("@udf-host", hasToken: false));
        Assert.Contains(OperatingSystem.IsLinux() ? "UDF_WORKER_TOKEN" : "only Linux", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CommandLine_WithArgumentsOfItsOwn_IsFound()
    {
        var line = WorkerCommandLine.Parse(["--verbose", "x", "--id", "7", "--connection", "/tmp/a b.sock", "more"]);
        Assert.Equal(("7", "/tmp/a b.sock"), (line.Id, line.Connection));
        Assert.Throws<WorkerStartFailure>(() => WorkerCommandLine.Parse(["--id", "7", "--connection"]));
        Assert.Throws<WorkerStartFailure>(() => WorkerCommandLine.Parse(["--id", "", "--connection", "1"]));
    }

    private static int FreePort()
    {
        using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
