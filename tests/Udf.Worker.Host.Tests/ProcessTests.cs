using System.Text;
using System.Text.Json;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Host.Tests;

/// <summary>A worker as a whole process.</summary>
public sealed class ProcessTests
{
    [Fact]
    public async Task Start_WithoutArguments_ExitsWithTwoAndSaysWhatIsMissing()
    {
        using TestWorkerProcess worker = new(arguments: "--id");
        (int exitCode, string errors) = await worker.WaitForExitAsync();
        Assert.Equal(2, exitCode);
        Assert.Contains("--connection", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_OnTcpWithoutAToken_ExitsWithTwo()
    {
        using TestWorkerProcess worker = new(connection: "40001", token: null);
        (int exitCode, string errors) = await worker.WaitForExitAsync();
        Assert.Equal(2, exitCode);
        Assert.Contains("UDF_WORKER_TOKEN", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithAMalformedToken_ExitsWithTwoAndKeepsItToItself()
    {
        using TestWorkerProcess worker = new(token: "0123456789abcdef");
        (int exitCode, string errors) = await worker.WaitForExitAsync();
        Assert.Equal(2, exitCode);
        Assert.Contains("64 hex digits", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789abcdef", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_IsNotInTheEnvironmentOfFunctions()
    {
        using TestWorkerProcess worker = new();
        using WireConnection manage = await worker.ConnectAsync(ConnectionRole.Manage);
        using WireConnection connection = await worker.ConnectAsync(ConnectionRole.Execute);
        string payload = Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(new
        {
            assembly = typeof(StaticFunctions).Assembly.Location,
            type = typeof(StaticFunctions).FullName,
            method = nameof(StaticFunctions.TokenInEnvironment),
        }));
        await connection.StartAsync("dotnet.static-method", payload);
        await connection.SendAsync(Requests.Data("?"));
        await connection.ExpectDataAsync("none");
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task Socket_IsTheUsersAlone()
    {
        using TestWorkerProcess worker = new();
        using WireConnection manage = await worker.ConnectAsync(ConnectionRole.Manage);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(worker.SocketPath));
    }

    [Theory]
    [InlineData("udf.echo")]
    [InlineData("udf.spin")]
    public async Task Sigterm_WhateverRuns_EndsWith143(string format)
    {
        using TestWorkerProcess worker = new();
        using WireConnection manage = await worker.ConnectAsync(ConnectionRole.Manage);
        using WireConnection connection = await worker.ConnectAsync(ConnectionRole.Execute);
        await connection.StartAsync(format);
        await connection.SendAsync(Requests.Data("batch"));
        worker.Terminate();
        Assert.Equal(143, (await worker.WaitForExitAsync()).ExitCode);
    }

    [Fact]
    public async Task Manage_Lost_WhileUserCodeSpins_EndsTheProcess()
    {
        using TestWorkerProcess worker = new();
        WireConnection manage = await worker.ConnectAsync(ConnectionRole.Manage);
        using WireConnection connection = await worker.ConnectAsync(ConnectionRole.Execute);
        await connection.StartAsync("udf.spin");
        await connection.SendAsync(Requests.Data("batch"));
        manage.Dispose();
        Assert.Equal(0, (await worker.WaitForExitAsync()).ExitCode);
    }

    [Fact]
    public async Task Shutdown_EndsWithZero()
    {
        using TestWorkerProcess worker = new();
        using WireConnection manage = await worker.ConnectAsync(ConnectionRole.Manage);
        Assert.True((await manage.AskAsync(Requests.Shutdown())).Shutdown.SessionsSettled);
        Assert.Equal(0, (await worker.WaitForExitAsync()).ExitCode);
    }

    [Fact]
    public async Task Misbehaviour_IgnoreSigterm_ServesOn()
    {
        using TestWorkerProcess worker = new("ignore-sigterm");
        using WireConnection manage = await worker.ConnectAsync(ConnectionRole.Manage);
        worker.Terminate();
        Assert.Equal(WorkerResponse.ManageOneofCase.Heartbeat, (await manage.AskAsync(Requests.Heartbeat())).ManageCase);
        using WireConnection connection = await worker.ConnectAsync(ConnectionRole.Execute);
        await connection.ExpectUsableAsync();
    }

    [Theory]
    [InlineData("spam-stderr:1")]
    [InlineData("leave-grandchild-with-stdout:1")]
    public async Task Misbehaviour_OfAWholeWorker_ServesOtherwise(string name)
    {
        using TestWorkerProcess worker = new(name);
        using WireConnection manage = await worker.ConnectAsync(ConnectionRole.Manage);
        using WireConnection connection = await worker.ConnectAsync(ConnectionRole.Execute);
        await connection.ExpectUsableAsync();
    }
}
