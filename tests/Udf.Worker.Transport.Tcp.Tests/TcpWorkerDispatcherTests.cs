using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tcp.Tests;

/// <summary>What is special to TCP: families, and that nobody gets in without the token.</summary>
public sealed class TcpWorkerDispatcherTests
{
    private readonly WorkerTrace _trace = new();

    [IPv6Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Worker_IsReachedOverThePreferredFamilyOfTheLoopback(bool preferIPv6)
    {
        await using TcpWorkerDispatcher dispatcher = Create(new TcpWorkerOptions { PreferIPv6 = preferIPv6 });
        await using WorkerSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        int port = int.Parse(Assert.Single(_trace.Addresses), CultureInfo.InvariantCulture);

        IPAddress[] reached = [.. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections()
            .Where(connection => connection.RemoteEndPoint.Port == port && connection.State == TcpState.Established)
            .Select(connection => connection.RemoteEndPoint.Address)];

        // The manage connection and that of the execution. The first may find that the worker has bound only the other family yet; for the second both are there.
        Assert.Equal(2, reached.Length);
        Assert.All(reached, address => Assert.True(IPAddress.IsLoopback(address)));
        Assert.Contains(preferIPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, reached);
    }

    [Fact]
    public async Task Worker_ListensOnTheLoopbackAlone()
    {
        await using TcpWorkerDispatcher dispatcher = Create();
        await using WorkerSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        int port = int.Parse(Assert.Single(_trace.Addresses), CultureInfo.InvariantCulture);

        IPEndPoint[] listeners = [.. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(listener => listener.Port == port)];

        Assert.NotEmpty(listeners);
        Assert.All(listeners, listener => Assert.True(IPAddress.IsLoopback(listener.Address), $"It listens at {listener}."));
    }

    [Fact]
    public async Task Worker_AlwaysHasAToken_AndTakesNobodyWithAnother()
    {
        await using TcpWorkerDispatcher dispatcher = Create();
        await using WorkerSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        string address = Assert.Single(_trace.Addresses);
        Assert.Contains(Assert.Single(_trace.ProcessIds), ProcessTable.WithEnvironment("UDF_WORKER_TOKEN="));
        Assert.DoesNotContain("UDF_WORKER_TOKEN", ProcessTable.CommandLine(_trace.ProcessIds[0]), StringComparison.Ordinal);

        foreach (byte[] secret in new[] { new byte[32], [] })
        {
            var error = await Assert.ThrowsAsync<WorkerProtocolException>(async () =>
            {
                await using WorkerConnection connection = await FramedWorkerConnection.OpenAsync(
                    new WorkerEndpoint(address, session.WorkerId, secret), token => TcpTransport.Instance.ConnectAsync(address, token)).DefaultTimeout();
            });
            Assert.Contains("token", error.Message, StringComparison.Ordinal);
        }

        await session.InitAsync(new WorkerInit(new WorkerPayload("udf.echo"))).DefaultTimeout();
    }

    [Fact]
    public async Task UseTcp_OptionsThatCannotBe_AreRefusedAtStart()
    {
        var collection = new ServiceCollection();
        collection.AddUdfWorkers().UseTcp(options => options.Connection = null!);
        await using ServiceProvider services = collection.BuildServiceProvider();

        var error = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains("TcpWorkerOptions.Connection is null", error.Message, StringComparison.Ordinal);
    }

    private TcpWorkerDispatcher Create(TcpWorkerOptions? options = null) =>
        new(_trace.Mark(WorkerProgram.TestWorker.Specification.OverTcp()), options: options, loggerFactory: _trace.Logs);
}
