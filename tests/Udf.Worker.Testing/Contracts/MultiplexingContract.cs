using Udf.Worker.Transport;
using Xunit;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

/// <summary>Many executions on one connection to a real worker: none holds up another, and what one that stands still costs is bounded. Memory is measured for the whole process, so no other test runs beside these.</summary>
public abstract class MultiplexingContract
{
    private const int SessionCount = 64;
    private const int RoundTrips = 200;

    // The window and a frame of it on either side, once more for the answer, and what the pools keep.
    private const long BoundBytes = 8L * MiB;

    /// <summary>What carries the connection.</summary>
    protected abstract TransportUnderTest Carrier { get; }

    [Fact]
    public async Task OneOfSixtyFour_StopsReading_TheOthersKeepTheirRate()
    {
        await using StandaloneWorker worker = await StartAsync();
        WorkerSession[] sessions = await OpenAllAsync(worker, SessionCount, "udf.echo");

        // So much comes back that neither window takes it all.
        long given = 0;
        ReadOnlyMemory<byte> batch = Bytes(16 * KiB);
        var input = new ScriptedInput { OnNext = (index, _) => new(Interlocked.Exchange(ref given, index) >= 0), OnCurrent = _ => batch };
        await using IAsyncEnumerator<WorkerBatch> stopped = sessions[0].ProcessAsync(input).GetAsyncEnumerator();
        Assert.True(await stopped.MoveNextAsync().DefaultTimeout());
        await Standstill.OfAsync(() => Interlocked.Read(ref given));
        long stoppedAt = Interlocked.Read(ref given);

        await Task.WhenAll(sessions.Skip(1).Select((session, number) => PingPongAsync(session, number, RoundTrips))).DefaultTimeout();

        Assert.Equal(stoppedAt, Interlocked.Read(ref given));
        Assert.True(await stopped.MoveNextAsync().DefaultTimeout());
        await stopped.DisposeAsync().DefaultTimeout();
        foreach (WorkerSession session in sessions)
        {
            await session.DisposeAsync().DefaultTimeout();
        }
    }

    [Fact]
    public async Task OneOfSixtyFour_ComputesWithoutEnd_TheOthersKeepTheirRate()
    {
        await using StandaloneWorker worker = await StartAsync();
        WorkerSession[] sessions = await OpenAllAsync(worker, SessionCount - 1, "udf.echo");
        WorkerSession[] sleeping = await OpenAllAsync(worker, SessionCount, "udf.sleep", Text("60000"));
        Task[] asleep = [.. sleeping.Select(session => session.ProcessAsync(Held(Bytes(10))).ReadAllAsync())];

        // Many more than there are processors.
        await Task.WhenAll(sessions.Select((session, number) => PingPongAsync(session, number, RoundTrips))).DefaultTimeout();

        foreach (WorkerSession session in sleeping)
        {
            await session.CancelAsync().DefaultTimeout();
        }

        foreach (Task end in asleep)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => end.DefaultTimeout());
        }

        foreach (WorkerSession session in sessions.Concat(sleeping))
        {
            await session.DisposeAsync().DefaultTimeout();
        }
    }

    [Fact]
    public async Task SixtyFour_AllStopReading_BothSidesHoldLittle()
    {
        await using StandaloneWorker worker = await StartAsync();
        WorkerSession[] sessions = await OpenAllAsync(worker, SessionCount, "udf.generate", Text($"1000000,{KiB}"));
        long engineBefore = ProcessTable.ResidentBytes(Environment.ProcessId);
        long workerBefore = ProcessTable.ResidentBytes(worker.ProcessId);
        IAsyncEnumerator<WorkerBatch>[] results = [.. sessions.Select(session => session.ProcessAsync(Stream()).GetAsyncEnumerator())];
        foreach (IAsyncEnumerator<WorkerBatch> result in results)
        {
            Assert.True(await result.MoveNextAsync().DefaultTimeout());
        }

        await Standstill.OfAsync(() => ProcessTable.CpuTicks(worker.ProcessId));

        // 64 GiB are waiting to be sent.
        const long Windows = SessionCount * (256L + 64) * KiB;
        Assert.InRange(ProcessTable.ResidentBytes(Environment.ProcessId) - engineBefore, long.MinValue, Windows + BoundBytes);
        Assert.InRange(ProcessTable.ResidentBytes(worker.ProcessId) - workerBefore, long.MinValue, BoundBytes);
        foreach (IAsyncEnumerator<WorkerBatch> result in results)
        {
            Assert.True(await result.MoveNextAsync().DefaultTimeout());
            Assert.Equal(KiB, result.Current.Length);
        }

        await Task.WhenAll(sessions.Select(session => session.DisposeAsync().AsTask())).DefaultTimeout();
    }

    [Fact]
    public async Task LargeBatches_OnASharedConnection_ComeBackUnchangedBesideSmallOnes()
    {
        await using StandaloneWorker worker = await StartAsync();
        WorkerSession[] sessions = await OpenAllAsync(worker, 8, "udf.echo");

        await Task.WhenAll(sessions.Select(async (session, number) =>
        {
            ReadOnlyMemory<byte>[] batches = [.. Enumerable.Range(0, 10).Select(index => Bytes(number % 2 == 0 ? (3 * MiB) + index : 64, seed: number))];
            AssertSame(batches, await session.ProcessAsync(Stream(batches)).ReadAllAsync());
            await session.DisposeAsync();
        })).DefaultTimeout();
    }

    [Fact]
    public async Task ManySessions_CancelledClosedAndLeftAtAnyMoment_LeaveTheConnectionAsItWas()
    {
        await using StandaloneWorker worker = await StartAsync();
        int rounds = Race.Rounds(normal: 8, full: 400);
        for (int round = 0; round < rounds; round++)
        {
            int seed = round * SessionCount;
            await Task.WhenAll(Enumerable.Range(0, SessionCount).Select(number => Task.Run(() => UseAsync(worker.Connection, new Random(seed + number))))).DefaultTimeout();
        }

        WorkerSession[] sessions = await OpenAllAsync(worker, 1, "udf.echo");
        await PingPongAsync(sessions[0], 0, count: 3).DefaultTimeout();
        await sessions[0].DisposeAsync().DefaultTimeout();
        Assert.Equal(0, ((FramedWorkerConnection)worker.Connection).Multiplexed!.OpenCount);
    }

    /// <summary>One session that ends in any way that a caller may choose.</summary>
    private static async Task UseAsync(WorkerConnection connection, Random random)
    {
        string[] formats = ["udf.echo", "udf.double", "udf.sink", "udf.generate", "udf.fail", "udf.sleep"];
        string format = formats[random.Next(formats.Length)];
        string payload = format switch { "udf.generate" => "50,20000", "udf.fail" => random.Next(2) == 0 ? "init" : "batch:2", "udf.sleep" => "3", _ => "" };
        int batchBytes = random.Next(4) switch { 0 => 0, 1 => 100, 2 => 30_000, _ => 300_000 };
        int cancelAfter = random.Next(3) == 0 ? random.Next(20_000) : -1;
        int stopAfter = random.Next(3) == 0 ? random.Next(4) : int.MaxValue;
        int batches = random.Next(6);
        await using WorkerSession session = await connection.OpenSessionAsync(new WorkerSessionContext(new RecordingLease(new CallTrail())), CancellationToken.None);
        Task cancelling = cancelAfter < 0 ? Task.CompletedTask : Task.Run(() =>
        {
            Thread.SpinWait(cancelAfter);
            return session.CancelAsync("changed my mind").AsTask();
        });
        try
        {
            await session.InitAsync(new WorkerInit(new WorkerPayload(format, Text(payload))));
            ReadOnlyMemory<byte> batch = Bytes(batchBytes);
            int count = 0;
            await foreach (WorkerBatch result in session.ProcessAsync(Enumerable.Repeat(batch, batches).ToAsyncEnumerable()))
            {
                Assert.Equal(format == "udf.generate" ? 20_000 : batchBytes, result.Length);
                if (++count > stopAfter)
                {
                    break;
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or WorkerUserException)
        {
            // As it was asked for.
        }

        await cancelling;
        WorkerSessionOutcome outcome = await session.CloseAsync();
        Assert.True(outcome.IsSalvageable, $"{format}: {outcome}");
    }

    private Task<StandaloneWorker> StartAsync() => StandaloneWorker.StartAsync(WorkerProgram.TestWorker, new MultiplexedTransport(Carrier));

    private static async Task<WorkerSession[]> OpenAllAsync(StandaloneWorker worker, int count, string format, ReadOnlyMemory<byte> payload = default)
    {
        var sessions = new WorkerSession[count];
        for (int index = 0; index < count; index++)
        {
            sessions[index] = await worker.Connection.OpenSessionAsync(new WorkerSessionContext(new RecordingLease(new CallTrail())), CancellationToken.None).DefaultTimeout();
            await sessions[index].InitAsync(new WorkerInit(new WorkerPayload(format, payload))).DefaultTimeout();
        }

        return sessions;
    }

    private static async Task PingPongAsync(WorkerSession session, int number, int count)
    {
        var next = new SemaphoreSlim(1);
        var input = new ScriptedInput
        {
            OnCurrent = index => Number((number * RoundTrips) + index),
            OnNext = async (index, token) =>
            {
                await next.WaitAsync(token);
                return index < count;
            },
        };
        int answered = 0;
        await foreach (WorkerBatch batch in session.ProcessAsync(input))
        {
            Assert.True(Number((number * RoundTrips) + answered++).Span.SequenceEqual(batch.Span));
            next.Release();
        }

        Assert.Equal(count, answered);
    }
}
