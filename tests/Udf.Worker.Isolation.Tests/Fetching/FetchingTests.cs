using System.Net;
using Udf.Worker.Artifacts;
using Udf.Worker.Host;
using Udf.Worker.Testing;

namespace Udf.Worker.Isolation.Tests;

/// <summary>Assemblies that are on another machine.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001", Justification = "xunit calls DisposeAsync of IAsyncLifetime.")]
public sealed class FetchingTests : SessionTest
{
    private readonly TestAssembly _function = TestAssembly.Function("Fn", "1.0.0.0", "text + \" fetched\"");
    private readonly ScriptedServer _server = new();
    private readonly string _cache = Directory.CreateTempSubdirectory("udf-cache-").FullName;

    public FetchingTests()
    {
        Options.HttpInvoker = new HttpMessageInvoker(_server);
        Options.CacheDirectory = _cache;
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _server.Dispose();
        Directory.Delete(_cache, recursive: true);
    }

    [Fact]
    public async Task AnAssembly_IsFetchedByName_WithTheToken_Once()
    {
        _server.Answer = (_, _) => ScriptedServer.Bytes(_function.Bytes);
        Assert.Equal("a fetched", await RunAsync(Set("s"), _function.Payload(), "a"));
        Assert.Equal("b fetched", await RunAsync(Set("s"), _function.Payload(), "b"));
        Assert.Equal(("/base/assemblies/Fn.dll", "Bearer secret"), Assert.Single(_server.Requests));
    }

    [Fact]
    public async Task TheSameContent_IsFetchedOnceForAllSessions_AndWorkers()
    {
        _server.Answer = (_, _) => ScriptedServer.Bytes(_function.Bytes);
        await RunAsync(Set("s"), _function.Payload());
        await RunAsync(Set("t"), _function.Payload());
        await using (IsolatedSessions other = new(Options))
        {
            WorkerInit init = new WorkerInit(_function.Payload()).WithArtifacts(Set("u"));
            await using UdfFunctionLease? lease = await other.ResolveAsync(new UdfContext { Payload = init.Payload, TaskContext = init.TaskContext }, default);
            Assert.NotNull(lease);
        }

        Assert.Single(_server.Requests);
        Assert.Equal(_function.Bytes, File.ReadAllBytes(Assert.Single(Directory.GetFiles(_cache))));
    }

    [Fact]
    public async Task ManyAtOnce_FetchOnce()
    {
        SyncPoint server = new();
        _server.Answer = async (_, _) =>
        {
            await server.HoldAsync();
            return await ScriptedServer.Bytes(_function.Bytes);
        };
        _ = Sessions;
        Task<string>[] executions = [.. Enumerable.Range(0, 8).Select(index => RunAsync(Set($"s{index}"), _function.Payload(), "x"))];
        await server.Reached.DefaultTimeout();
        server.Continue();
        Assert.All(await Task.WhenAll(executions).DefaultTimeout(), answer => Assert.Equal("x fetched", answer));
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task AFetchWhoseFirstAskerIsCancelled_GoesOnForTheOthers()
    {
        SyncPoint server = new();
        _server.Answer = async (_, _) =>
        {
            await server.HoldAsync();
            return await ScriptedServer.Bytes(_function.Bytes);
        };
        using CancellationTokenSource cancellation = new();
        WorkerInit init = new WorkerInit(_function.Payload()).WithArtifacts(Set("s"));
        Task first = Sessions.ResolveAsync(new UdfContext { Payload = init.Payload, TaskContext = init.TaskContext }, cancellation.Token).AsTask();
        await server.Reached.DefaultTimeout();
        Task<string> second = RunAsync(Set("t"), _function.Payload(), "x");
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.DefaultTimeout());
        server.Continue();
        Assert.Equal("x fetched", await second.DefaultTimeout());
        Assert.Single(_server.Requests);
    }

    [Fact]
    [Failure("an artifact is not where the session says")]
    public async Task AMissingArtifact_IsMissingAtOnce_AndSaysWhere()
    {
        UdfFunctionNotFoundException exception = await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => RunAsync(Set("s"), _function.Payload()));
        Assert.True(Assert.IsType<ArtifactFetchException>(exception.InnerException).IsMissing);
        Assert.Contains("http://engine/base/assemblies/Fn.dll", exception.Message);
        Assert.Single(_server.Requests);
        Assert.Empty(Directory.GetFiles(_cache));
    }

    [Fact]
    public async Task ATransportFailure_IsTriedAgain_WithTwiceTheDelay()
    {
        _server.Answer = (_, number) => number switch
        {
            1 => throw new HttpRequestException("no route"),
            2 => Task.FromResult(new HttpResponseMessage(HttpStatusCode.ServiceUnavailable)),
            _ => ScriptedServer.Bytes(_function.Bytes),
        };
        Task<string> execution = RunAsync(Set("s"), _function.Payload(), "x");
        await Clock.WaitForTimerAsync(Options.FetchRetryDelay).DefaultTimeout();
        Clock.Advance(Options.FetchRetryDelay);
        await Clock.WaitForTimerAsync(Options.FetchRetryDelay * 2).DefaultTimeout();
        Clock.Advance(Options.FetchRetryDelay * 2);
        Assert.Equal("x fetched", await execution.DefaultTimeout());
        Assert.Equal(3, _server.Requests.Count);
    }

    [Fact]
    [Failure("an artifact could not be fetched")]
    public async Task ATransportFailure_ThatStays_IsAnotherErrorThanMissing_AndIsNotRemembered()
    {
        Options.FetchAttemptCount = 1;
        _server.Answer = (_, number) => number == 1 ? throw new HttpRequestException("no route") : ScriptedServer.Bytes(_function.Bytes);
        UdfFunctionNotFoundException exception = await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => RunAsync(Set("s"), _function.Payload()));
        Assert.False(Assert.IsType<ArtifactFetchException>(exception.InnerException).IsMissing);
        Assert.Contains("no route", exception.Message);
        Assert.Equal("x fetched", await RunAsync(Set("s"), _function.Payload(), "x"));
    }

    [Theory]
    [InlineData("other", "SHA-256")]
    [InlineData("short", "only")]
    [InlineData("long", "more than")]
    public async Task OtherBytes_AreNotUsed_AndNotKept(string what, string expected)
    {
        Options.FetchAttemptCount = 1;
        byte[] bytes = what switch
        {
            "short" => _function.Bytes[..^1],
            "long" => [.. _function.Bytes, 0],
            _ => [.. _function.Bytes[..^1], (byte)(_function.Bytes[^1] + 1)],
        };
        _server.Answer = (_, _) => ScriptedServer.Bytes(bytes);
        UdfFunctionNotFoundException exception = await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => RunAsync(Set("s"), _function.Payload()));
        Assert.Contains(expected, exception.Message);
        Assert.Empty(Directory.GetFiles(_cache));
    }

    [Fact]
    public async Task ASilentServer_IsGivenUpAfterTheLimit()
    {
        Options.FetchAttemptCount = 1;
        _server.Answer = (_, _) => new TaskCompletionSource<HttpResponseMessage>().Task;
        Task<string> execution = RunAsync(Set("s"), _function.Payload());
        await Clock.WaitForTimerAsync(Options.FetchTimeout).DefaultTimeout();
        Clock.Advance(Options.FetchTimeout);
        UdfFunctionNotFoundException exception = await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => execution.DefaultTimeout());
        Assert.Contains("FetchTimeout", exception.Message);
    }

    [Fact]
    public async Task WhatIsKeptOnTheDisk_AndWasDamagedThere_IsNotUsed_AndFetchedAnew()
    {
        _server.Answer = (_, _) => ScriptedServer.Bytes(_function.Bytes);
        await RunAsync(Set("s"), _function.Payload());
        File.WriteAllText(Assert.Single(Directory.GetFiles(_cache)), "damaged");
        Assert.Equal("x fetched", await RunAsync(Set("s"), _function.Payload(), "x"));
        UdfFunctionNotFoundException exception = await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => RunAsync(Set("t"), _function.Payload()));
        Assert.Contains("SHA-256", exception.Message);
        Assert.Equal("x fetched", await RunAsync(Set("t"), _function.Payload(), "x"));
        Assert.Equal(2, _server.Requests.Count);
        Assert.Equal(_function.Bytes, File.ReadAllBytes(Assert.Single(Directory.GetFiles(_cache))));
    }

    [Fact]
    public async Task AnUnknownScheme_IsRefused()
    {
        ArtifactSet set = new("s", new Uri("ftp://engine/base/"), Set("s").Artifacts);
        Assert.Contains("ftp:", (await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => RunAsync(set, _function.Payload()))).Message);
    }

    private ArtifactSet Set(string session) => new(
        session, new Uri("http://engine/base/"), [new Artifact(ArtifactPath.Parse("assemblies/Fn.dll"), ArtifactHash.Of(_function.Bytes), _function.Bytes.Length)], "secret");
}
