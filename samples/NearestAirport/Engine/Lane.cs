using System.Diagnostics;
using System.Threading.Channels;
using Udf.Worker;

namespace NearestAirport;

/// <summary>
/// A share of the work: batches go in, answers come out in the same order. Both queues are bounded, so a lane holds a few batches, however long the file is. A session takes a few batches, as the tasks of a
/// real engine do; then the next one begins, on a worker that is there already.
/// </summary>
internal sealed class Lane
{
    private const int QueuedBatchCount = 4;
    private const int BatchesPerSession = 4;

    private readonly Channel<ReadOnlyMemory<byte>> _batches = Channel.CreateBounded<ReadOnlyMemory<byte>>(QueuedBatchCount);
    private readonly Channel<byte[]> _answers = Channel.CreateBounded<byte[]>(QueuedBatchCount);

    /// <summary>Where batches are put in. An error that completes it cancels the execution and comes out of <see cref="Answers"/>.</summary>
    public ChannelWriter<ReadOnlyMemory<byte>> Batches => _batches.Writer;

    /// <summary>Where answers come out. If anything goes wrong, this is where it is thrown.</summary>
    public ChannelReader<byte[]> Answers => _answers.Reader;

    /// <summary>How long it took until the first worker had started and its function was initialised.</summary>
    public TimeSpan? StartUp { get; private set; }

    /// <summary>Runs sessions, one after another, until the last batch is answered and the last session is closed. Never fails: see <see cref="Answers"/>.</summary>
    public async Task RunAsync(WorkerDispatcher dispatcher, WorkerInit init, CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                await RunSessionAsync(dispatcher, init, cancellationToken);
            }
            while (await _batches.Reader.WaitToReadAsync(cancellationToken));

            _answers.Writer.Complete();
        }
        catch (Exception exception)
        {
            _answers.Writer.Complete(exception);
        }
    }

    private async Task RunSessionAsync(WorkerDispatcher dispatcher, WorkerInit init, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        await using WorkerSession session = await dispatcher.CreateSessionAsync(cancellationToken: cancellationToken);
        await session.InitAsync(init, cancellationToken);
        StartUp ??= Stopwatch.GetElapsedTime(start);

        IAsyncEnumerable<ReadOnlyMemory<byte>> batches = _batches.Reader.ReadAllAsync(cancellationToken).Take(BatchesPerSession);
        await foreach (WorkerBatch answer in session.ProcessAsync(batches, cancellationToken))
        {
            // The memory of an answer is only ours until the next one is asked for; what waits in a queue is a copy.
            await _answers.Writer.WriteAsync(answer.ToArray(), cancellationToken);
        }
    }
}
