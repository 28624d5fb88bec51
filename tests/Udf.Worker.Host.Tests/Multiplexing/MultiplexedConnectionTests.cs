using Google.Protobuf;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Testing;
using Control = Udf.Worker.Protocol.Messages.UdfControlResponse.ControlOneofCase;

namespace Udf.Worker.Host.Tests.Multiplexing;

/// <summary>Role 3 on the worker's side, frame by frame.</summary>
public sealed class MultiplexedConnectionTests
{
    [Theory]
    [InlineData(Carrier.Memory)]
    [InlineData(Carrier.Unix)]
    public async Task Streams_ManyAtOnce_EachIsAnExecution(Carrier carrier)
    {
        await using WorkerUnderTest worker = new(carrier);
        MultiplexedConnection connection = await ConnectAsync(worker);
        for (uint stream = 1; stream <= 16; stream++)
        {
            await connection.StartAsync(stream, "udf.echo");
        }

        for (uint stream = 16; stream > 0; stream--)
        {
            await connection.SendAsync(stream, Requests.Data($"batch {stream}"));
            await connection.ExpectDataAsync(stream, $"batch {stream}");
            await connection.FinishAsync(stream);
        }

        await worker.Host.Worker.Executions.Settled.WaitAsync(WireConnection.SafetyLimit);
    }

    [Fact]
    public async Task Streams_AnErrorInOne_TouchesItAlone()
    {
        await using WorkerUnderTest worker = new();
        MultiplexedConnection connection = await ConnectAsync(worker);
        await connection.StartAsync(1, "udf.fail", "batch:1");
        await connection.StartAsync(2, "udf.echo");

        await connection.SendAsync(1, Requests.Data("x"));
        Assert.NotNull((await connection.ControlAsync(1, Control.Error)).Error.Error.User);
        await connection.SendAsync(1, Requests.Cancel());
        await connection.ControlAsync(1, Control.Cancel);

        // An undecodable message is an error of its execution, not of the connection.
        await connection.SendFrameAsync(StreamFrameKind.Message, 2, []);
        Assert.NotNull((await connection.ControlAsync(2, Control.Error)).Error.Error.Protocol);
        await connection.SendAsync(2, Requests.Cancel());
        await connection.ControlAsync(2, Control.Cancel);
        await connection.StartAsync(3, "udf.echo");
        await connection.FinishAsync(3);
    }

    [Fact]
    public async Task Init_WithoutRoom_IsRefusedByAReset_AndTheNumberIsUsed()
    {
        await using WorkerUnderTest worker = new(configure: options => options.MaximumConcurrentExecutions = 1);
        MultiplexedConnection connection = await ConnectAsync(worker);
        await connection.StartAsync(1, "udf.echo");

        foreach (bool isChunking in new[] { false, true })
        {
            uint stream = isChunking ? 3u : 2u;
            await connection.SendAsync(stream, Requests.Init("udf.echo", isChunking: isChunking));
            StreamReset reset = await connection.ExpectResetAsync(stream);
            Assert.Equal(StreamResetCode.Refused, reset.Code);
            Assert.Contains(nameof(UdfWorkerOptions.MaximumConcurrentExecutions), reset.Reason, StringComparison.Ordinal);
        }

        await connection.SendAsync(3, Requests.Chunk("dropped", isLast: true));
        await connection.FinishAsync(1);
        await connection.StartAsync(4, "udf.echo");
        await connection.FinishAsync(4);
        await worker.Host.Worker.Executions.Settled.WaitAsync(WireConnection.SafetyLimit);
    }

    [Fact]
    public async Task Reset_WhileAFunctionWaits_StopsItAndFreesItsRoomOnceItHasReturned()
    {
        await using WorkerUnderTest worker = new(configure: options => options.MaximumConcurrentExecutions = 1);
        MultiplexedConnection connection = await ConnectAsync(worker);
        await connection.StartAsync(1, "udf.sleep", "60000");
        await connection.SendAsync(1, Requests.Data("x"));

        await connection.ResetAsync(1);

        await worker.Host.Worker.Executions.Settled.WaitAsync(WireConnection.SafetyLimit);
        await connection.SendAsync(1, Requests.Data("late"), Requests.Cancel());
        await connection.StartAsync(2, "udf.echo");
        await connection.FinishAsync(2);
    }

    [Fact]
    public async Task Cancel_BehindQueuedBatches_ComesBeforeThem()
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int batches = 0;
        await using WorkerUnderTest worker = new(functions: map => map.Map("slow", async (ReadOnlyMemory<byte> batch, UdfContext context) =>
        {
            Interlocked.Increment(ref batches);
            begun.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            return batch;
        }));
        MultiplexedConnection connection = await ConnectAsync(worker);
        await connection.StartAsync(1, "slow");
        await connection.SendAsync(1, Requests.Data("1"), Requests.Data("2"), Requests.Data("3"));
        await begun.Task.WaitAsync(WireConnection.SafetyLimit);

        await connection.SendAsync(1, Requests.Cancel("enough"));

        await connection.ControlAsync(1, Control.Cancel);
        Assert.Equal(1, batches);
    }

    [Fact]
    public async Task Output_WithoutWindow_WaitsForIt()
    {
        await using WorkerUnderTest worker = new();
        MultiplexedConnection connection = await ConnectAsync(worker);
        await connection.StartAsync(1, "udf.echo");
        await connection.StartAsync(2, "udf.generate", "100,60000");
        int received = 0;
        for (int index = 0; index < 5; index++)
        {
            (uint stream, UdfResponse response) = await connection.ResponseAsync();
            Assert.Equal(2u, stream);
            received += response.CalculateSize();
        }

        Assert.InRange(received, StreamSending.DefaultWindowBytes, StreamSending.DefaultWindowBytes + 65_536);
        await connection.SendAsync(1, Requests.Data("past it"));
        await connection.ExpectDataAsync(1, "past it");

        await connection.SendWindowAsync(2, 60_000);
        Assert.Equal(2u, (await connection.ResponseAsync()).Stream);
        await connection.SendAsync(2, Requests.Cancel());
        await connection.ControlAsync(2, Control.Cancel);
    }

    [Fact]
    public async Task InitialWindow_AsTheVeryFirstFrame_HoldsForEveryStream()
    {
        await using WorkerUnderTest worker = new();
        MultiplexedConnection connection = await ConnectAsync(worker);
        await connection.SendWindowAsync(0, 1);
        await connection.StartAsync(1, "udf.echo");
        await connection.StartAsync(2, "udf.generate", "3,100");
        Assert.Equal(2u, (await connection.ResponseAsync()).Stream);

        await connection.SendAsync(1, Requests.Data("x"));
        await connection.ExpectDataAsync(1, "x");
        await connection.SendWindowAsync(2, 1000);
        Assert.Equal(2u, (await connection.ResponseAsync()).Stream);
        Assert.Equal(2u, (await connection.ResponseAsync()).Stream);
    }

    [Theory]
    [InlineData(new byte[] { 4, 0, 0, 0, 1, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 0, 1, 0, 1 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 9, 0, 0, 0, 4, 0, 0, 0, 1 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 1, 0, 0, 0, 4, 255, 255, 255, 255 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 3, 0, 0, 0, 2, 18, 0 })]
    public async Task BrokenFrame_EndsTheConnectionAndItsExecutions_AndNothingElse(byte[] frame)
    {
        await using WorkerUnderTest worker = new();
        MultiplexedConnection connection = await ConnectAsync(worker);
        await connection.StartAsync(1, "udf.sleep", "60000");
        await connection.StartAsync(2, "udf.echo");
        await connection.SendAsync(1, Requests.Data("x"));
        WireConnection other = await worker.ConnectAsync();
        await other.StartAsync("udf.echo");

        await connection.Wire.SendAsync(frame);

        await other.SendAsync(Requests.Data("still there"));
        await other.ExpectDataAsync("still there");
        await other.FinishAsync();
        await worker.Host.Worker.Executions.Settled.WaitAsync(WireConnection.SafetyLimit);
        MultiplexedConnection next = await ConnectAsync(worker);
        await next.StartAsync(1, "udf.echo");
    }

    [Fact]
    public async Task Batch_InParts_IsOneForTheFunction_AndSoIsItsAnswer()
    {
        await using WorkerUnderTest worker = new();
        MultiplexedConnection connection = await ConnectAsync(worker);
        await connection.StartAsync(1, "udf.echo");
        string batch = new('x', 200_000);
        byte[] message = Requests.Data(batch).ToByteArray();
        for (int offset = 0; offset < message.Length; offset += 60_000)
        {
            int count = Math.Min(60_000, message.Length - offset);
            await connection.SendFrameAsync(offset + count < message.Length ? StreamFrameKind.Part : StreamFrameKind.Message, 1, message[offset..(offset + count)]);
        }

        List<byte> answer = [];
        StreamFrameHeader header;
        do
        {
            (header, byte[] content) = await connection.FrameAsync();
            if (header.Kind != StreamFrameKind.Window)
            {
                answer.AddRange(content);
            }
        }
        while (header.Kind != StreamFrameKind.Message);

        Assert.Equal(batch, UdfResponse.Parser.ParseFrom(answer.ToArray()).Data.Data.ToStringUtf8());
        await connection.FinishAsync(1);
    }

    [Fact]
    public async Task Shutdown_ThatCancels_TellsEveryStream()
    {
        await using WorkerUnderTest worker = new();
        WireConnection manage = await worker.ManageAsync();
        MultiplexedConnection connection = await ConnectAsync(worker);
        await connection.StartAsync(1, "udf.echo");
        await connection.StartAsync(2, "udf.sleep", "60000");
        await connection.SendAsync(2, Requests.Data("x"));

        WorkerResponse answer = await manage.AskAsync(Requests.Shutdown(cancelSessions: true, "the test"));

        Assert.True(answer.Shutdown.SessionsSettled);
        HashSet<(uint, Control)> seen = [];
        while (seen.Count < 4)
        {
            (uint stream, UdfResponse response) = await connection.ResponseAsync();
            seen.Add((stream, response.Control.ControlCase));
        }

        Assert.Equal([(1u, Control.Cancel), (1u, Control.Error), (2u, Control.Cancel), (2u, Control.Error)], seen.Order());
    }

    [Fact]
    public async Task CancelExecution_OverTheManageConnection_ReachesAStream()
    {
        await using WorkerUnderTest worker = new();
        WireConnection manage = await worker.ManageAsync();
        MultiplexedConnection connection = await ConnectAsync(worker);
        await connection.StartAsync(1, "udf.sleep", "60000", id: "the-execution");
        await connection.SendAsync(1, Requests.Data("x"));

        WorkerResponse answer = await manage.AskAsync(Requests.CancelExecution("the-execution"));

        Assert.True(answer.CancelExecution.Found);
        await connection.SendAsync(1, Requests.Cancel());
        await connection.ControlAsync(1, Control.Cancel);
    }

    [Fact]
    public async Task EndOfTheConnection_StopsWhatRuns()
    {
        await using WorkerUnderTest worker = new();
        MultiplexedConnection connection = await ConnectAsync(worker);
        await connection.StartAsync(1, "udf.sleep", "60000");
        await connection.SendAsync(1, Requests.Data("x"));

        connection.Wire.Dispose();

        await worker.Host.Worker.Executions.Settled.WaitAsync(WireConnection.SafetyLimit);
    }

    [Fact]
    public async Task Function_ThatWasQuickAndBlocks_HoldsUpNeitherTheOthersNorWhatTheyHaveSaid()
    {
        const uint Blocking = 1;
        const uint Streams = 8;
        using ManualResetEventSlim blocked = new();
        using ManualResetEventSlim goOn = new();
        await using WorkerUnderTest worker = new(functions: map => map.Map("quick", (ReadOnlyMemory<byte> batch, UdfContext _) =>
        {
            if (batch.Span.SequenceEqual("block"u8))
            {
                blocked.Set();
                goOn.Wait(WireConnection.SafetyLimit);
            }

            return batch;
        }));
        MultiplexedConnection connection = await ConnectAsync(worker);
        for (uint stream = 1; stream <= Streams; stream++)
        {
            await connection.StartAsync(stream, "quick");
        }

        for (int round = 0; round < 50; round++)
        {
            // All of them are known to be quick by now; in some rounds one blocks in the middle of the line.
            bool blocks = round % 5 == 4;
            blocked.Reset();
            goOn.Reset();
            byte[][] requests = [.. Enumerable.Range(1, (int)Streams).Select(number =>
                MultiplexedConnection.Frame(StreamFrameKind.Message, (uint)((number + 3) % Streams) + 1, Requests.Data(blocks && (uint)((number + 3) % Streams) + 1 == Blocking ? "block" : "x").ToByteArray()))];
            await connection.Wire.SendAsync(requests.SelectMany(request => request).ToArray());

            HashSet<uint> answered = [];
            for (uint index = blocks ? 1u : 0u; index < Streams; index++)
            {
                answered.Add((await connection.ResponseAsync()).Stream);
            }

            Assert.Equal(blocks ? (int)Streams - 1 : (int)Streams, answered.Count);
            if (blocks)
            {
                Assert.DoesNotContain(Blocking, answered);
                Assert.True(blocked.Wait(WireConnection.SafetyLimit));
                goOn.Set();
                await connection.ExpectDataAsync(Blocking, "block");
            }
        }
    }

    [Fact]
    public async Task Threads_ThatWereNeededOnce_EndWhileOthersHaveWork()
    {
        const uint Blocking = 16;
        using ManualResetEventSlim goOn = new();
        await using WorkerUnderTest worker = new(
            functions: map => map.Map("blocking", (ReadOnlyMemory<byte> batch, UdfContext _) =>
            {
                goOn.Wait(WireConnection.SafetyLimit);
                return batch;
            }),
            configure: options => options.MaximumConcurrentExecutions = 32);
        MultiplexedConnection connection = await ConnectAsync(worker);
        for (uint stream = 1; stream <= Blocking; stream++)
        {
            await connection.StartAsync(stream, "blocking");
            await connection.SendAsync(stream, Requests.Data("x"));
        }

        // Each of them has a thread in the end, and one more is left for the next.
        await connection.StartAsync(Blocking + 1, "udf.echo");
        Assert.InRange(worker.Host.Worker.ExecutionThreads.Count, (int)Blocking + 1, 32);
        goOn.Set();
        for (uint stream = 1; stream <= Blocking; stream++)
        {
            await connection.ResponseAsync();
        }

        // One at a time is work for one thread, whatever the number of those that wait for some.
        using var limit = new CancellationTokenSource(WireConnection.SafetyLimit);
        while (worker.Host.Worker.ExecutionThreads.Count > Environment.ProcessorCount)
        {
            limit.Token.ThrowIfCancellationRequested();
            await connection.SendAsync(Blocking + 1, Requests.Data("x"));
            await connection.ExpectDataAsync(Blocking + 1, "x");
        }

        await connection.FinishAsync(Blocking + 1);
    }

    [Fact]
    public async Task Reset_AsTheExecutionBegins_ReachesItsFunction()
    {
        int rounds = Race.Rounds(normal: 300, full: 5_000);
        await using WorkerUnderTest worker = new();
        MultiplexedConnection connection = await ConnectAsync(worker);
        for (uint stream = 1; stream <= rounds; stream++)
        {
            // The reset comes while the function is being found, initialised or has begun its batch; it sleeps until it is stopped.
            byte[] begin = [.. MultiplexedConnection.Frame(StreamFrameKind.Message, stream, Requests.Init("udf.sleep", "600000").ToByteArray()),
                .. MultiplexedConnection.Frame(StreamFrameKind.Message, stream, Requests.Data("x").ToByteArray())];
            byte[] reset = new StreamReset(StreamResetCode.NotWanted, "").ToFrame(stream);
            if (stream % 2 == 0)
            {
                await connection.Wire.SendAsync(begin.Concat(reset).ToArray());
            }
            else
            {
                await connection.Wire.SendAsync(begin);
                Thread.SpinWait(new Random((int)stream).Next(2000));
                await connection.Wire.SendAsync(reset);
            }

            await worker.Host.Worker.Executions.Settled.WaitAsync(WireConnection.SafetyLimit);
        }

        // When this one is answered, all of them have been received.
        uint last = (uint)rounds + 1;
        await connection.SendAsync(last, Requests.Init("udf.echo"), Requests.Finish());
        while ((await connection.FrameAsync()).Header.Stream != last)
        {
        }

        await worker.Host.Worker.Executions.Settled.WaitAsync(WireConnection.SafetyLimit);
    }

    private static async Task<MultiplexedConnection> ConnectAsync(WorkerUnderTest worker) => new(await worker.ConnectAsync(ConnectionRole.Multiplex));
}
