using System.Globalization;
using Xunit;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

/// <summary>What a session does with a real worker: batches of all sizes, payloads, the answer to init, metrics.</summary>
public abstract class SessionContract : WorkerContract
{
    [ContractTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64 * KiB)]
    [InlineData(5 * MiB)]
    [InlineData(20 * MiB)]
    public async Task Process_Echo_EveryBatchComesBackUnchanged(int size)
    {
        ReadOnlyMemory<byte>[] batches = [Bytes(size, seed: 1), Bytes(size, seed: 2), Bytes(size, seed: 3)];
        await using WorkerSession session = await StartAsync("udf.echo");

        AssertSame(batches, await session.ProcessAsync(Stream(batches)).ReadAllAsync().DefaultTimeout());

        Assert.Equal(WorkerSessionOutcomeKind.Finished, session.Outcome?.Kind);
    }

    [ContractTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64 * KiB)]
    [InlineData(5 * MiB)]
    [InlineData(20 * MiB)]
    public async Task Process_Sink_TakesEveryBatchAndAnswersNone(int size)
    {
        await using WorkerSession session = await StartAsync("udf.sink");

        Assert.Empty(await session.ProcessAsync(Stream(Bytes(size), Bytes(size))).ReadAllAsync().DefaultTimeout());

        Assert.Equal(WorkerSessionOutcomeKind.Finished, session.Outcome?.Kind);
    }

    [ContractTheory]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(1000, 64 * KiB)]
    [InlineData(3, 5 * MiB)]
    [InlineData(2, 20 * MiB)]
    public async Task Process_Generate_AnswersWithoutBeingAsked(int count, int size)
    {
        await using WorkerSession session = await StartAsync("udf.generate", Text($"{count},{size}"));
        int batches = 0;

        await Task.Run(async () =>
        {
            await foreach (WorkerBatch batch in session.ProcessAsync(Stream()))
            {
                Assert.Equal(size, batch.Length);
                batches++;
            }
        }).DefaultTimeout();

        Assert.Equal(count, batches);
        Assert.Equal(WorkerSessionOutcomeKind.Finished, session.Outcome?.Kind);
    }

    [ContractTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64 * KiB)]
    [InlineData(5 * MiB)]
    [InlineData(20 * MiB)]
    public async Task Process_Double_EveryBatchComesBackTwice(int size)
    {
        ReadOnlyMemory<byte>[] batches = [Bytes(size, seed: 1), Bytes(size, seed: 2)];
        await using WorkerSession session = await StartAsync("udf.double");

        AssertSame([batches[0], batches[0], batches[1], batches[1]], await session.ProcessAsync(Stream(batches)).ReadAllAsync().DefaultTimeout());
    }

    [ContractTheory]
    [InlineData(0)]
    [InlineData(64 * KiB)]
    public async Task Process_Sleep_AnswersWhenItHasSlept(int size)
    {
        ReadOnlyMemory<byte>[] batches = [Bytes(size, seed: 1), Bytes(size, seed: 2)];
        await using WorkerSession session = await StartAsync("udf.sleep", Text("20"));
        long begun = TimeProvider.System.GetTimestamp();

        AssertSame(batches, await session.ProcessAsync(Stream(batches)).ReadAllAsync().DefaultTimeout());

        Assert.InRange(TimeProvider.System.GetElapsedTime(begun), TimeSpan.FromMilliseconds(39), TimeSpan.FromSeconds(10));
    }

    [ContractFact]
    public async Task Process_NoBatches_EndsAtOnce()
    {
        await using WorkerSession session = await StartAsync("udf.echo");

        Assert.Empty(await session.ProcessAsync(Stream()).ReadAllAsync().DefaultTimeout());

        Assert.Equal(WorkerSessionOutcomeKind.Finished, session.Outcome?.Kind);
    }

    [ContractFact]
    public async Task Process_ManySmallBatches_ComeBackInOrder()
    {
        int count = Race.Rounds(normal: 10_000, full: 1_000_000);
        await using WorkerSession session = await StartAsync("udf.echo");
        int next = 0;

        await foreach (WorkerBatch batch in session.ProcessAsync(Enumerable.Range(0, count).Select(Number).ToAsyncEnumerable()))
        {
            Assert.Equal(next++, int.Parse(batch.Span, CultureInfo.InvariantCulture));
        }

        Assert.Equal(count, next);
    }

    [ContractFact]
    public async Task Process_ManyLargeBatches_ComeBackUnchanged()
    {
        int count = Race.Rounds(normal: 40, full: 1000);
        ReadOnlyMemory<byte>[] pattern = [Bytes(3 * MiB, seed: 1), Bytes((2 * MiB) + 1, seed: 2), Bytes(7, seed: 3)];
        await using WorkerSession session = await StartAsync("udf.echo");
        int next = 0;

        await foreach (WorkerBatch batch in session.ProcessAsync(Enumerable.Range(0, count).Select(index => pattern[index % 3]).ToAsyncEnumerable()))
        {
            Assert.True(pattern[next++ % 3].Span.SequenceEqual(batch.Span));
        }

        Assert.Equal(count, next);
    }

    [ContractFact]
    public async Task Process_AnswersOfOneMebibyteTwiceAndASlowStart_NobodyWaitsForTheOther()
    {
        // The worker is one blocking loop: while it writes it does not read, so an engine that waited for its sends would never end.
        ReadOnlyMemory<byte>[] batches = [.. Enumerable.Range(0, 24).Select(seed => Bytes(MiB, seed))];
        await using WorkerSession session = await StartAsync("udf.double");

        IReadOnlyList<ReadOnlyMemory<byte>> answers = await session.ProcessAsync(Stream(batches)).ReadAllAsync().DefaultTimeout();

        AssertSame([.. batches.SelectMany(batch => new[] { batch, batch })], answers);
    }

    [ContractTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64 * KiB)]
    [InlineData(MiB)]
    [InlineData(3 * MiB)]
    [InlineData(20 * MiB)]
    public async Task Init_PayloadOfAnySize_ComesBackInItsAnswer(int size)
    {
        // Above 1 MiB it travels in chunks.
        ReadOnlyMemory<byte> payload = Bytes(size);
        await using WorkerSession session = await CreateDispatcher().CreateSessionAsync().DefaultTimeout();

        WorkerInitResult result = await session.InitAsync(Function("udf.echo", payload)).DefaultTimeout();

        Assert.True(payload.Span.SequenceEqual(result.Data!.Value.Span));
        AssertSame([payload], await session.ProcessAsync(Stream(payload)).ReadAllAsync().DefaultTimeout());
    }

    [ContractTheory]
    [InlineData(3 * MiB)]
    [InlineData(20 * MiB)]
    public async Task Init_LargePayloadInline_ComesBackInItsAnswer(int size)
    {
        ReadOnlyMemory<byte> payload = Bytes(size);
        await using WorkerSession session = await CreateDispatcher(connection: new() { ChunkPayloadAboveBytes = 64 * MiB }).CreateSessionAsync().DefaultTimeout();

        WorkerInitResult result = await session.InitAsync(Function("udf.echo", payload)).DefaultTimeout();

        Assert.True(payload.Span.SequenceEqual(result.Data!.Value.Span));
    }

    [ContractFact]
    public async Task Init_PayloadInManyChunks_IsOneForTheFunction()
    {
        ReadOnlyMemory<byte> payload = Bytes((3 * MiB) + 17);
        await using WorkerSession session = await CreateDispatcher(connection: new() { ChunkPayloadAboveBytes = 16 * KiB }).CreateSessionAsync().DefaultTimeout();

        WorkerInitResult result = await session.InitAsync(Function("udf.echo", payload)).DefaultTimeout();

        Assert.True(payload.Span.SequenceEqual(result.Data!.Value.Span));
    }

    [ContractFact]
    public async Task Close_AfterTheEnd_HasTheWorkersMetrics()
    {
        WorkerSession session = await StartAsync("udf.double");
        await session.ProcessAsync(Stream(Bytes(100), Bytes(1000), Bytes(0))).ReadAllAsync().DefaultTimeout();

        WorkerSessionOutcome outcome = await session.CloseAsync().DefaultTimeout();

        Assert.Equal(WorkerSessionOutcomeKind.Finished, outcome.Kind);
        Assert.Equal(3UL, outcome.Metrics?.BatchesIn);
        Assert.Equal(6UL, outcome.Metrics?.BatchesOut);
        Assert.Equal(1100UL, outcome.Metrics?.BytesIn);
        Assert.Equal(2200UL, outcome.Metrics?.BytesOut);
    }

    [ContractFact]
    public async Task Process_EightSessionsInParallel_EachGetsItsOwn()
    {
        WorkerDispatcher dispatcher = CreateDispatcher();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            ReadOnlyMemory<byte>[] batches = [.. Enumerable.Range(0, 20).Select(index => Bytes(50_000 + index, seed: (number * 100) + index))];
            await using WorkerSession session = await StartAsync(dispatcher, "udf.echo", Number(number));
            AssertSame(batches, await session.ProcessAsync(Stream(batches)).ReadAllAsync());
        })).DefaultTimeout();

        Assert.Equal(8, Trace.ProcessIds.Distinct().Count());
    }
}
