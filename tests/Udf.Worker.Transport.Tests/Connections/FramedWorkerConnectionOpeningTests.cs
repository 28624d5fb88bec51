using System.Net.Sockets;
using System.Text;
using Udf.Worker.Protocol;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests.Connections;

public class FramedWorkerConnectionOpeningTests : IAsyncLifetime
{
    private readonly List<ScriptedWorker> _workers = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (ScriptedWorker worker in _workers)
        {
            await worker.DisposeAsync();
        }
    }

    [Fact]
    public async Task OpenAsync_WorkerDoesNotListenYet_TriesAgainAndSaysWhatItSaw()
    {
        var clock = new ManualTimeProvider();
        await using var worker = new ScriptedWorker();
        worker.OnConnect = static (number, _) => number switch
        {
            1 => throw new SocketException((int)SocketError.ConnectionRefused),
            2 => throw new IOException("no such file"),
            _ => default,
        };
        WorkerEndpoint endpoint = worker.CreateEndpoint();
        var options = new FramedConnectionOptions { ReconnectDelay = TimeSpan.FromMilliseconds(7) };
        Task<FramedWorkerConnection> opening = FramedWorkerConnection.OpenAsync(endpoint, worker.ConnectAsync, options, clock).AsTask();

        await clock.WaitForTimerAsync(options.ReconnectDelay).DefaultTimeout();
        Assert.Contains("does not accept connections", endpoint.Observation, StringComparison.Ordinal);
        clock.Advance(options.ReconnectDelay);
        await clock.WaitForTimerAsync(options.ReconnectDelay).DefaultTimeout();
        Assert.Contains("no such file", endpoint.Observation, StringComparison.Ordinal);
        clock.Advance(options.ReconnectDelay);
        ScriptedConnection manage = await worker.AcceptRawAsync();
        Assert.Contains("has not answered the preface", endpoint.Observation, StringComparison.Ordinal);
        await manage.ReadPrefaceAsync();
        await manage.AnswerAsync();

        await using FramedWorkerConnection connection = await opening.DefaultTimeout();
        Assert.Null(endpoint.Observation);
        Assert.Equal(3, worker.ConnectCount);
        Assert.Null(connection.LostReason);
    }

    [Fact]
    public async Task OpenAsync_WorkerTakesLong_IsAskedLessAndLessOften()
    {
        var clock = new ManualTimeProvider();
        await using var worker = new ScriptedWorker { OnConnect = static (_, _) => throw new SocketException((int)SocketError.ConnectionRefused) };
        using var cancel = new CancellationTokenSource();
        Task<FramedWorkerConnection> opening = FramedWorkerConnection.OpenAsync(worker.CreateEndpoint(), worker.ConnectAsync, null, clock, cancel.Token).AsTask();

        await clock.WaitForTimerAsync(FramedConnectionOptions.Default.ReconnectDelay).DefaultTimeout();
        clock.Advance(TimeSpan.FromMilliseconds(640));
        await clock.WaitForTimerAsync(TimeSpan.FromMilliseconds(10)).DefaultTimeout();
        clock.Advance(TimeSpan.FromMinutes(1));
        await clock.WaitForTimerAsync(TimeSpan.FromMilliseconds(100)).DefaultTimeout();

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening).DefaultTimeout();
    }

    [Fact]
    public async Task OpenAsync_TokenFallsBetweenAttempts_EndsTheWait()
    {
        var clock = new ManualTimeProvider();
        await using var worker = new ScriptedWorker { OnConnect = static (_, _) => throw new SocketException((int)SocketError.ConnectionRefused) };
        using var cancel = new CancellationTokenSource();
        Task<FramedWorkerConnection> opening = FramedWorkerConnection.OpenAsync(worker.CreateEndpoint(), worker.ConnectAsync, null, clock, cancel.Token).AsTask();
        await clock.WaitForTimerAsync(FramedConnectionOptions.Default.ReconnectDelay).DefaultTimeout();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening).DefaultTimeout();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(43)]
    public async Task OpenAsync_TokenFallsBeforeTheWholeAnswer_ClosesTheConnection(int answered)
    {
        await using var worker = new ScriptedWorker(Carrier.Uds);
        using var cancel = new CancellationTokenSource();
        Task<FramedWorkerConnection> opening = FramedWorkerConnection.OpenAsync(worker.CreateEndpoint(), worker.ConnectAsync, cancellationToken: cancel.Token).AsTask();
        ScriptedConnection manage = await worker.AcceptRawAsync();
        await manage.ReadPrefaceAsync().DefaultTimeout();
        await manage.WriteAsync(manage.CreateAnswer().AsMemory(0, answered));

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening).DefaultTimeout();
        Assert.Null(await manage.ReadFrameAsync().DefaultTimeout());
    }

    [Fact]
    public async Task OpenAsync_NobodyTakesThePreface_ObeysTheToken()
    {
        // A carrier that holds less than a preface, and a peer that does not read.
        await using var worker = new ScriptedWorker(Carrier.Memory, bufferBytes: 16);
        using var cancel = new CancellationTokenSource();
        Task<FramedWorkerConnection> opening = FramedWorkerConnection.OpenAsync(worker.CreateEndpoint(), worker.ConnectAsync, cancellationToken: cancel.Token).AsTask();
        await worker.AcceptRawAsync();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening).DefaultTimeout();
    }

    [Theory]
    [InlineData(PrefaceStatus.NoCommonVersion, "no common version")]
    [InlineData(PrefaceStatus.MacWrong, "refused the engine's proof")]
    [InlineData(PrefaceStatus.RoleNotOffered, "does not offer")]
    [InlineData((PrefaceStatus)77, "status 77")]
    public async Task OpenAsync_Refused_SaysWhy(PrefaceStatus status, string expected)
    {
        WorkerProtocolException exception = await Assert.ThrowsAsync<WorkerProtocolException>(() => OpenAsync(manage => manage.AnswerAsync(status)));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Equal("worker-1", exception.WorkerId);
        Assert.Equal(4711, exception.ProcessId);
        Assert.False(exception.IsTransient);
    }

    [Fact]
    public async Task OpenAsync_AtCapacity_IsTransient()
    {
        WorkerConnectionException exception = await Assert.ThrowsAsync<WorkerConnectionException>(() => OpenAsync(manage => manage.AnswerAsync(PrefaceStatus.AtCapacity)));

        Assert.True(exception.IsAtCapacity);
        Assert.True(exception.IsTransient);
    }

    [Fact]
    public async Task OpenAsync_AnswerWithAnotherToken_IsNotTheWorker()
    {
        var other = WorkerToken.FromBytes(new byte[WorkerToken.SizeBytes]);

        WorkerProtocolException exception = await Assert.ThrowsAsync<WorkerProtocolException>(() => OpenAsync(manage => manage.WriteAsync(manage.CreateAnswer(token: other))));

        Assert.Contains("could not prove", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 0)]
    [InlineData(1, 1)]
    public async Task OpenAsync_AcceptedWithWhatWasNotOffered_IsRefused(byte version, ushort features)
    {
        WorkerProtocolException exception = await Assert.ThrowsAsync<WorkerProtocolException>(
            () => OpenAsync(manage => manage.WriteAsync(manage.CreateAnswer(version: version, features: features))));

        Assert.Contains("were offered", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP/1")]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n", "SSH-2.0")]
    public async Task OpenAsync_SomebodyElseAnswers_SaysWho(string answer, string expected)
    {
        WorkerProtocolException exception = await Assert.ThrowsAsync<WorkerProtocolException>(() => OpenAsync(manage => manage.WriteAsync(Encoding.ASCII.GetBytes(answer))));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_Http2Answers_SaysSo()
    {
        byte[] settings = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100];

        WorkerProtocolException exception = await Assert.ThrowsAsync<WorkerProtocolException>(() => OpenAsync(manage => manage.WriteAsync(settings)));

        Assert.Contains("HTTP/2", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(43)]
    public async Task OpenAsync_ClosedBeforeTheWholeAnswer_IsAConnectionThatEnded(int answered)
    {
        WorkerConnectionException exception = await Assert.ThrowsAsync<WorkerConnectionException>(() => OpenAsync(async manage =>
        {
            await manage.WriteAsync(manage.CreateAnswer().AsMemory(0, answered));
            manage.Dispose();
        }));

        Assert.True(exception.IsTransient);
        Assert.Equal("worker-1", exception.WorkerId);
    }

    [Fact]
    public async Task OpenAsync_RefusedWithoutReadingThePreface_StillSaysWhy()
    {
        await using var worker = new ScriptedWorker(Carrier.Uds);
        Task<FramedWorkerConnection> opening = FramedWorkerConnection.OpenAsync(worker.CreateEndpoint(), worker.ConnectAsync).AsTask();
        ScriptedConnection manage = await worker.AcceptRawAsync();

        // Closing with unread bytes resets the connection; what was said before must not be lost by a send that fails.
        await manage.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 503 Service Unavailable\r\n\r\n"));
        manage.EndWriting();

        await Assert.ThrowsAsync<WorkerProtocolException>(() => opening).DefaultTimeout();
    }

    [Fact]
    public async Task OpenAsync_AnswerInSinglesBytes_IsRead()
    {
        await using FramedWorkerConnection connection = await OpenAsync(async manage =>
        {
            foreach (byte value in manage.CreateAnswer())
            {
                await manage.WriteAsync(new[] { value });
            }
        });

        Assert.Null(connection.LostReason);
    }

    [Fact]
    public async Task OpenAsync_WorkerHasEndedAlready_IsLostFromTheStart()
    {
        await using var worker = new ScriptedWorker();
        using var exit = new CancellationTokenSource();
        await exit.CancelAsync();
        Task<FramedWorkerConnection> opening = FramedWorkerConnection.OpenAsync(worker.CreateEndpoint(exit.Token), worker.ConnectAsync).AsTask();
        ScriptedConnection manage = await worker.AcceptRawAsync();
        await manage.ReadPrefaceAsync().DefaultTimeout();
        await manage.AnswerAsync();

        await using FramedWorkerConnection connection = await opening.DefaultTimeout();

        Assert.True(connection.Lost.IsCancellationRequested);
        Assert.Contains("has ended", connection.LostReason!.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<WorkerConnectionException>(() => connection.PingAsync(CancellationToken.None).AsTask()).DefaultTimeout();
    }

    private async Task<FramedWorkerConnection> OpenAsync(Func<ScriptedConnection, Task> answer)
    {
        var worker = new ScriptedWorker(Carrier.Uds);
        _workers.Add(worker);
        Task<FramedWorkerConnection> opening = FramedWorkerConnection.OpenAsync(worker.CreateEndpoint(), worker.ConnectAsync).AsTask();
        ScriptedConnection manage = await worker.AcceptRawAsync();
        await manage.ReadPrefaceAsync().DefaultTimeout();
        await answer(manage);
        return await opening.DefaultTimeout();
    }
}
