using Xunit;
using static Udf.Worker.Testing.Contracts.TestBatches;

namespace Udf.Worker.Testing.Contracts;

/// <summary>Many executions at once on one worker process, through one connection object.</summary>
public abstract class ConcurrencyContract
{
    private const int Capacity = 256;

    protected abstract TransportUnderTest Transport { get; }

    [Fact]
    [Failure("the worker takes no further execution now")]
    public async Task OneWorker_TwoHundredAndFiftySixExecutionsAtOnce_EachGetsItsOwnAndOneMoreIsRefused()
    {
        await using StandaloneWorker worker = await StandaloneWorker.StartAsync(WorkerProgram.TestWorker, Transport);

        for (int round = 0; round < Race.Rounds(normal: 2, full: 20); round++)
        {
            await RunAtOnceAsync(worker.Connection, round);
        }

        await worker.Connection.PingAsync(CancellationToken.None).DefaultTimeout();
    }

    [Fact]
    public async Task OneWorker_ExecutionsThatFailBesideOthers_TouchNobodyElse()
    {
        await using StandaloneWorker worker = await StandaloneWorker.StartAsync(WorkerProgram.TestWorker, Transport);

        await Task.WhenAll(Enumerable.Range(0, 64).Select(async number =>
        {
            await using WorkerSession session = await OpenAsync(worker.Connection, number % 2 == 0 ? "udf.echo" : "udf.fail", number % 2 == 0 ? default : Text("batch:2"));
            IAsyncEnumerable<WorkerBatch> results = session.ProcessAsync(Stream(Number(number), Number(number + 1), Number(number + 2)));
            if (number % 2 == 0)
            {
                AssertSame([Number(number), Number(number + 1), Number(number + 2)], await results.ReadAllAsync());
            }
            else
            {
                await Assert.ThrowsAsync<WorkerUserException>(() => results.ReadAllAsync());
            }
        })).DefaultTimeout();
    }

    [Fact]
    public async Task OneWorker_AnExecutionIsCancelledBesideOthers_TheyGoOn()
    {
        await using StandaloneWorker worker = await StandaloneWorker.StartAsync(WorkerProgram.TestWorker, Transport);
        await using WorkerSession other = await OpenAsync(worker.Connection, "udf.echo", default);
        await using IAsyncEnumerator<WorkerBatch> others = other.ProcessAsync(Stream(Bytes(10), Bytes(20))).GetAsyncEnumerator();
        Assert.True(await others.MoveNextAsync().DefaultTimeout());
        await using WorkerSession sleeping = await OpenAsync(worker.Connection, "udf.sleep", Text("60000"));
        Task<IReadOnlyList<ReadOnlyMemory<byte>>> results = sleeping.ProcessAsync(Held(Bytes(10))).ReadAllAsync();

        await sleeping.CancelAsync().DefaultTimeout();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => results.DefaultTimeout());
        Assert.True(await others.MoveNextAsync().DefaultTimeout());
        Assert.Equal(20, others.Current.Length);
        Assert.False(await others.MoveNextAsync().DefaultTimeout());
    }

    private static async Task RunAtOnceAsync(WorkerConnection connection, int round)
    {
        WorkerSession[] sessions = await Task.WhenAll(Enumerable.Range(0, Capacity).Select(number => OpenAsync(connection, "udf.echo", Number(number)))).DefaultTimeout();
        try
        {
            var allRunning = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            int running = 0;
            Task executions = Task.WhenAll(sessions.Select(async (session, number) =>
            {
                int seed = (round * Capacity) + number;
                var input = new ScriptedInput
                {
                    OnCurrent = index => Bytes(1000 + index, seed),
                    OnNext = async (index, token) =>
                    {
                        // The second batch goes out when every execution has answered the first, and a further one was refused.
                        await (index == 1 ? allRunning.Task.WaitAsync(token) : Task.CompletedTask);
                        return index < 3;
                    },
                };
                var answers = new List<ReadOnlyMemory<byte>>();
                await foreach (WorkerBatch batch in session.ProcessAsync(input))
                {
                    answers.Add(batch.ToArray());
                    if (answers.Count == 1 && Interlocked.Increment(ref running) == Capacity)
                    {
                        await AssertIsFullAsync(connection);
                        allRunning.SetResult();
                    }
                }

                AssertSame([Bytes(1000, seed), Bytes(1001, seed), Bytes(1002, seed)], answers);
            }));
            await executions.DefaultTimeout();
        }
        finally
        {
            await Task.WhenAll(sessions.Select(session => session.DisposeAsync().AsTask())).DefaultTimeout();
        }
    }

    private static async Task AssertIsFullAsync(WorkerConnection connection)
    {
        var error = await Assert.ThrowsAsync<WorkerConnectionException>(async () =>
        {
            await using WorkerSession session = await OpenAsync(connection, "udf.echo", default);
        });
        Assert.True(error.IsAtCapacity);
        Assert.True(error.IsTransient);
    }

    private static async Task<WorkerSession> OpenAsync(WorkerConnection connection, string format, ReadOnlyMemory<byte> payload)
    {
        WorkerSession session = await connection.OpenSessionAsync(new WorkerSessionContext(new RecordingLease(new CallTrail())), CancellationToken.None);
        try
        {
            await session.InitAsync(new WorkerInit(new WorkerPayload(format, payload)));
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }
}
