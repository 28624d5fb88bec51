using System.Diagnostics;
using System.Text;
using Udf.Worker;
using Udf.Worker.Direct;

namespace NearestAirport;

/// <summary>
/// The engine: batch i of the ZIP codes goes to lane i modulo their number, and the answers are taken in the same turn. So the lanes work at the same time, the result is in the
/// order of the input, and nothing has to be sorted or kept.
/// </summary>
internal sealed class NearestAirportJob(DataFiles data, string transport, int laneCount)
{
    private const int BatchBytes = 64 * 1024;

    /// <summary>Runs the job.</summary>
    /// <param name="output">Where the result goes.</param>
    /// <param name="onAnswered">Is told of every batch of answers: how many rows there are by now.</param>
    /// <param name="cancellationToken">Ends the job and its workers.</param>
    /// <exception cref="WorkerException">A worker or the function failed.</exception>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    public async Task<JobResult> RunAsync(Stream output, Action<int> onAnswered, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        await using FileStream zipCodes = File.OpenRead(data.ZipCodes);
        var reader = new CsvBatchReader(zipCodes, BatchBytes);
        var init = new WorkerInit(new WorkerPayload(NearestAirportFunction.Format, await File.ReadAllBytesAsync(data.Airports, cancellationToken)))
        {
            InputSchema = await reader.ReadHeaderAsync(cancellationToken),
        };

        Lane[] lanes = [.. Enumerable.Range(0, laneCount).Select(_ => new Lane())];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using DirectWorkerDispatcher dispatcher = Workers.CreateDispatcher(transport, laneCount);
        Task[] running = [DealAsync(reader, lanes, stop.Token), .. lanes.Select(lane => lane.RunAsync(dispatcher, init, stop.Token))];
        var distances = new DistanceSummary();
        try
        {
            await CollectAsync(lanes, output, distances, onAnswered, cancellationToken);
        }
        finally
        {
            // After a failure the others are still at work. What fails of it arrives at the collector: these tasks never do.
            await stop.CancelAsync();
            await Task.WhenAll(running);
        }

        WorkerPoolStatistics pool = dispatcher.GetStatistics().Single();
        return new JobResult(
            distances,
            Stopwatch.GetElapsedTime(start),
            pool.AcquiredCount,
            pool.StartedCount,
            lanes.Max(lane => lane.StartUp) ?? default);
    }

    private static async Task DealAsync(CsvBatchReader reader, Lane[] lanes, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            int turn = 0;
            await foreach (byte[] batch in reader.ReadBatchesAsync(cancellationToken))
            {
                // Waits while the lane's queue is full: that is the back-pressure of the whole job.
                await lanes[turn++ % lanes.Length].Batches.WriteAsync(batch, cancellationToken);
            }
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        foreach (Lane lane in lanes)
        {
            lane.Batches.Complete(failure);
        }
    }

    private static async Task CollectAsync(Lane[] lanes, Stream output, DistanceSummary distances, Action<int> onAnswered, CancellationToken cancellationToken)
    {
        await output.WriteAsync(Encoding.UTF8.GetBytes(Answer.Header), cancellationToken);

        // The function gives one answer for each batch, so the lane whose turn it is has ended only when all batches are answered, and then the other lanes have none left either.
        for (int turn = 0; await lanes[turn % lanes.Length].Answers.WaitToReadAsync(cancellationToken); turn++)
        {
            byte[] answers = await lanes[turn % lanes.Length].Answers.ReadAsync(cancellationToken);
            await output.WriteAsync(answers, cancellationToken);
            foreach (string[] row in CsvReader.Read(answers))
            {
                distances.Add(Answer.Of(row));
            }

            onAnswered(distances.RowCount);
        }

        // A lane ends with its last session, so this is also where a failure after the last answer comes out.
        foreach (Lane lane in lanes)
        {
            if (await lane.Answers.WaitToReadAsync(cancellationToken))
            {
                throw new InvalidDataException($"The {lanes.Length} lanes did not answer each batch with one: their answers cannot be put in order.");
            }
        }

        await output.FlushAsync(cancellationToken);
    }
}
