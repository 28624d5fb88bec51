using System.Net;
using System.Net.Sockets;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Tcp.Internal;

namespace Udf.Worker.Transport.Tcp.Tests;

public sealed class LoopbackConnectorTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connect_OnlyOneFamilyListens_ItIsFoundWhateverIsPreferred(bool preferIPv6)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        using Socket socket = await LoopbackConnector.ConnectAsync(((IPEndPoint)listener.LocalEndpoint).Port, preferIPv6, CancellationToken.None).DefaultTimeout();

        Assert.Equal(AddressFamily.InterNetwork, socket.AddressFamily);
        Assert.True(socket.NoDelay);
    }

    [IPv6Theory]
    [InlineData(false, AddressFamily.InterNetwork)]
    [InlineData(true, AddressFamily.InterNetworkV6)]
    public async Task Connect_BothFamiliesListen_ThePreferredOneIsTaken(bool preferIPv6, AddressFamily expected)
    {
        int port = LoopbackPorts.Reserve();
        using var v4 = new TcpListener(IPAddress.Loopback, port);
        using var v6 = new TcpListener(IPAddress.IPv6Loopback, port);
        v4.Start();
        v6.Start();

        using Socket socket = await LoopbackConnector.ConnectAsync(port, preferIPv6, CancellationToken.None).DefaultTimeout();

        Assert.Equal(expected, socket.AddressFamily);
        Assert.True(socket.NoDelay);
    }

    [Fact]
    public async Task Connect_NobodyListens_IsRefused()
    {
        int port = LoopbackPorts.Reserve();

        var error = await Assert.ThrowsAsync<SocketException>(() => LoopbackConnector.ConnectAsync(port, preferIPv6: false, CancellationToken.None).AsTask().DefaultTimeout());

        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
    }

    [Fact]
    public async Task IsConnectedToItself_SocketThatMetItself_IsSeen()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await socket.ConnectAsync(socket.LocalEndPoint!).DefaultTimeout();

        Assert.True(LoopbackConnector.IsConnectedToItself(socket));
    }

    [Fact]
    public async Task IsConnectedToItself_SocketThatMetAnother_IsNot()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndpoint).DefaultTimeout();

        Assert.False(LoopbackConnector.IsConnectedToItself(socket));
    }

    [Fact]
    public void Reserve_PortIsFree_AndNotWhenSomebodyListens()
    {
        int port = LoopbackPorts.Reserve();
        Assert.True(LoopbackPorts.IsFree(port));

        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();

        Assert.False(LoopbackPorts.IsFree(port));
    }
}
