using System.Globalization;
using Microsoft.Extensions.Logging;
using Udf.Worker.Testing;
using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Transport.Tcp.Tests;

/// <summary>Between the choice of a port and its bind another process may take it. The worker here waits before it binds, so that a stranger is there first.</summary>
public sealed class PortTakenTests : WorkerContract
{
    private const int PrefaceBytes = 72;

    private readonly DirectoryInfo _gates = Directory.CreateTempSubdirectory("udf-tcp-");
    private readonly List<Squatter> _squatters = [];

    protected override TransportUnderTest Transport => TcpTransport.Instance;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await ReleaseAsync();
        _gates.Delete(recursive: true);
    }

    [Fact]
    public async Task CreateSession_PortIsTakenOnce_TheNextWorkerHasAnother()
    {
        Task<WorkerSession> creation = CreateDispatcher(Gated()).CreateSessionAsync().AsTask();
        await SquatAsync(attempt: 0);
        Open(await AddressAsync(attempt: 1));

        await using WorkerSession session = await creation.DefaultTimeout();

        WorkerInitResult result = await session.InitAsync(new WorkerInit(new WorkerPayload("udf.echo", "secret"u8.ToArray()))).DefaultTimeout();
        Assert.Equal("secret"u8.ToArray(), result.Data!.Value.ToArray());
        Assert.Equal(2, Trace.ProcessIds.Count);
        Assert.NotEqual(Trace.Addresses[0], Trace.Addresses[1]);
        Assert.Contains(Trace.Logs.Of(LogLevel.Warning), entry => entry.Message.Contains($"its address {Trace.Addresses[0]} was taken (attempt 1 of at most 3)", StringComparison.Ordinal));
        await AssertNothingWasToldAsync();
    }

    [Fact]
    [Failure("another process holds the TCP port, the worker ended")]
    public async Task CreateSession_PortIsTakenEachTime_ThreeAreTriedAndTheErrorSaysWhy()
    {
        Task<WorkerSession> creation = CreateDispatcher(Gated()).CreateSessionAsync().AsTask();
        for (int attempt = 0; attempt < 3; attempt++)
        {
            await SquatAsync(attempt);
        }

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => creation.DefaultTimeout());

        Assert.Equal(3, Trace.ProcessIds.Count);
        Assert.Equal(Trace.Addresses[2], error.Endpoint);
        Assert.Contains($"Cannot listen on port {Trace.Addresses[2]}", error.Message, StringComparison.Ordinal);
        await AssertNothingWasToldAsync();
    }

    [Fact]
    [Failure("another process holds the TCP port, and the worker does not end")]
    public async Task CreateSession_AStrangerAnswersForAWorkerThatDoesNotEnd_IsNamedAndGetsNoPayload()
    {
        Task<WorkerSession> creation = CreateDispatcher(Gated().WithInitializationTimeout(TimeSpan.FromSeconds(2))).CreateSessionAsync().AsTask();
        string address = await AddressAsync(attempt: 0);
        _squatters.Add(new Squatter(Port(address), "HTTP/1.1 400 Bad Request\r\n\r\n"u8));

        var error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => creation.DefaultTimeout());

        Assert.Contains("another process has the port", error.Message, StringComparison.Ordinal);
        Assert.Contains("speaks HTTP/1", error.Message, StringComparison.Ordinal);
        Assert.Equal(address, error.Endpoint);
        await AssertNothingWasToldAsync();
    }

    /// <summary>A worker that binds when a file with the name of its port is there.</summary>
    private WorkerSpecification Gated()
    {
        string script = $"for port; do :; done; while [ ! -e '{_gates.FullName}'/$port ]; do sleep 0.01; done; exec \"$@\"";
        return Connected(WorkerSpecification.ForCommand("/bin/sh", ["-c", script, "gate", Program.Command, .. Program.Arguments]).WithEnvironmentVariable("UDF_WORKER_CONFORMANCE", "1"));
    }

    /// <summary>Takes the port of a worker, and then lets the worker find it taken.</summary>
    private async Task SquatAsync(int attempt)
    {
        string address = await AddressAsync(attempt);
        _squatters.Add(new Squatter(Port(address)));
        Open(address);
    }

    private void Open(string address) => File.WriteAllText(Path.Combine(_gates.FullName, address), "");

    private async Task<string> AddressAsync(int attempt)
    {
        await Trace.Logs.WaitForAsync(_ => Trace.Addresses.Count > attempt).DefaultTimeout();
        return Trace.Addresses[attempt];
    }

    /// <summary>Strangers have seen prefaces, which hold no secret, and not a byte more.</summary>
    private async Task AssertNothingWasToldAsync()
    {
        await ReleaseAsync();
        Assert.All(_squatters, squatter =>
        {
            Assert.InRange(squatter.Received.Length, 0, PrefaceBytes);
            Assert.True(squatter.Received.Length == 0 || squatter.Received.AsSpan().StartsWith("UDFW"u8));
        });
    }

    private async Task ReleaseAsync()
    {
        foreach (Squatter squatter in _squatters)
        {
            await squatter.DisposeAsync().DefaultTimeout();
        }
    }

    private static int Port(string address) => int.Parse(address, CultureInfo.InvariantCulture);
}
