using System.Buffers.Binary;
using System.Globalization;
using Udf.Worker.Direct;
using Udf.Worker.Testing;

namespace Udf.Worker.TestHost;

/// <summary>
/// Sends batches to and fro, one at a time, and prints what they allocate: a line for each kind of session and size, with the bytes of this process and those of the worker for <see cref="BatchCount"/> batches.
/// It is the least of several rounds: what is compiled, or grown to its size, beside a round is not the batches'; what every batch allocates is in every round.
/// </summary>
internal static class AllocationHost
{
    internal const int BatchCount = 100;

    private const int Rounds = 6;

    private static readonly int[] Sizes = [64, 64 * 1024, 1024 * 1024];

    // Large batches have no place on a connection that sessions share.
    private static readonly (string Name, WorkerSessionOptions Options, int[] Sizes)[] Kinds =
    [
        ("pool", new WorkerSessionOptions(), Sizes),
        ("inline", new WorkerSessionOptions { ContinueInline = true }, Sizes),
        ("polling", new WorkerSessionOptions { PollBeforeWait = TimeSpan.FromMicroseconds(50) }, [64]),
        ("shared", new WorkerSessionOptions { ExpectedBatchBytes = 64 }, [64, 64 * 1024]),
    ];

    internal static async Task<int> RunAsync(string transport)
    {
        await using DirectWorkerDispatcher dispatcher = HeldSessionHost.CreateDispatcher(transport, new WorkerTrace());
        foreach ((string name, WorkerSessionOptions options, int[] sizes) in Kinds)
        {
            foreach (int bytes in sizes)
            {
                (long host, long worker) = await MeasureAsync(dispatcher, options, new byte[bytes]);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} {bytes} {host} {worker}"));
            }
        }

        return 0;
    }

    private static async Task<(long Host, long Worker)> MeasureAsync(DirectWorkerDispatcher dispatcher, WorkerSessionOptions options, ReadOnlyMemory<byte> batch)
    {
        await using WorkerSession session = await dispatcher.CreateSessionAsync(options);
        await session.InitAsync(new WorkerInit(new WorkerPayload("test.allocated")));
        var input = new GivenInput();
        IAsyncEnumerator<WorkerBatch> results = session.ProcessAsync(input).GetAsyncEnumerator();

        // The input is asked for when the first result is.
        ValueTask<bool> first = results.MoveNextAsync();
        input.Give(batch);
        await first;

        byte[] question = new byte[1];
        long leastHost = long.MaxValue;
        long leastWorker = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long worker = await AskAsync();
            long host = GC.GetTotalAllocatedBytes(precise: true);
            for (int index = 0; index < BatchCount; index++)
            {
                input.Give(batch);
                if (!await results.MoveNextAsync().ConfigureAwait(false) || results.Current.Length != batch.Length)
                {
                    throw new InvalidOperationException("The answer is not the batch that was sent.");
                }
            }

            leastHost = Math.Min(leastHost, GC.GetTotalAllocatedBytes(precise: true) - host);
            leastWorker = Math.Min(leastWorker, await AskAsync() - worker);
        }

        // Not on the thread that receives: it is to end.
        await Task.Yield();
        input.End();
        await results.MoveNextAsync();
        await results.DisposeAsync();
        return (leastHost, leastWorker);

        async ValueTask<long> AskAsync()
        {
            input.Give(question);
            await results.MoveNextAsync().ConfigureAwait(false);
            return BinaryPrimitives.ReadInt64LittleEndian(results.Current.Span);
        }
    }
}
