using Xunit;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

/// <summary>
/// A consumer that stops reading for a while: worker and engine come to a standstill at a bounded amount of memory, and then go on as if nothing had been.
/// Memory is measured for the whole process, so no other test runs beside these.
/// </summary>
public abstract class BackPressureContract : WorkerContract
{
    private const int Count = 512;
    private const int BatchBytes = 512 * KiB;

    // The kernel holds up to some 10 MiB for a TCP connection and less for a Unix socket; what comes on top is a batch or two in each process. 256 MiB are to be sent.
    private const long BoundBytes = 32L * MiB;

    [Fact]
    public async Task Process_ConsumerStopsWhileTheWorkerSends_EngineAndWorkerHoldLittle()
    {
        await using WorkerSession session = await StartAsync("udf.generate", Text($"{Count},{BatchBytes}"));
        int worker = Assert.Single(Trace.ProcessIds);
        await using IAsyncEnumerator<WorkerBatch> results = session.ProcessAsync(Stream()).GetAsyncEnumerator();
        Assert.True(await results.MoveNextAsync().DefaultTimeout());
        long engineBefore = ProcessTable.ResidentBytes(Environment.ProcessId);
        long workerBefore = ProcessTable.ResidentBytes(worker);

        await Standstill.OfAsync(() => ProcessTable.CpuTicks(worker));

        Assert.InRange(ProcessTable.ResidentBytes(Environment.ProcessId) - engineBefore, long.MinValue, BoundBytes);
        Assert.InRange(ProcessTable.ResidentBytes(worker) - workerBefore, long.MinValue, BoundBytes);
        byte[] expected = new byte[BatchBytes];
        int count = 1;
        while (await results.MoveNextAsync().DefaultTimeout())
        {
            Assert.True(results.Current.Span.SequenceEqual(expected));
            count++;
        }

        Assert.Equal(Count, count);
        Assert.Equal(WorkerSessionOutcomeKind.Finished, session.Outcome?.Kind);
    }

    [Fact]
    public async Task Process_ConsumerStopsWhileTheEngineSends_InputIsTakenOnlyAsFarAsTheBuffersReach()
    {
        ReadOnlyMemory<byte> batch = Bytes(BatchBytes);
        long taken = 0;
        var input = new ScriptedInput
        {
            OnNext = (index, _) =>
            {
                Interlocked.Exchange(ref taken, index);
                return new(index < Count);
            },
            OnCurrent = _ => batch,
        };
        await using WorkerSession session = await StartAsync("udf.echo");
        await using IAsyncEnumerator<WorkerBatch> results = session.ProcessAsync(input).GetAsyncEnumerator();
        Assert.True(await results.MoveNextAsync().DefaultTimeout());
        long before = ProcessTable.ResidentBytes(Environment.ProcessId);

        long stoppedAt = await Standstill.OfAsync(() => Interlocked.Read(ref taken));

        Assert.InRange(stoppedAt * BatchBytes, 0, BoundBytes);
        Assert.InRange(ProcessTable.ResidentBytes(Environment.ProcessId) - before, long.MinValue, BoundBytes);
        int count = 1;
        while (await results.MoveNextAsync().DefaultTimeout())
        {
            Assert.True(results.Current.Span.SequenceEqual(batch.Span));
            count++;
        }

        Assert.Equal(Count, count);
        Assert.Equal(WorkerSessionOutcomeKind.Finished, session.Outcome?.Kind);
    }
}
