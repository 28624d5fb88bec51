namespace Udf.Worker.Direct.Internal;

/// <summary>Decides, when a session has ended cleanly, whether its worker may serve another. Thread safe.</summary>
/// <param name="maxResidentBytes">How much memory it may hold; <see langword="null"/> for no limit.</param>
/// <param name="heartbeatInterval">How long it has to answer, unless that is infinite.</param>
/// <param name="events">Where it is said what was found.</param>
internal sealed class WorkerReturn(long? maxResidentBytes, TimeSpan heartbeatInterval, PoolEvents events)
{
    // For pools without heartbeats: the wait for an answer is bounded all the same.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Looks at a worker. At once, unless it has not answered for longer than its heartbeats take: then it is asked.</summary>
    /// <param name="pooled">The worker, on which one session less runs.</param>
    /// <returns>Why it is not to be used again, or <see langword="null"/>.</returns>
    public ValueTask<WorkerRetireReason?> ExamineAsync(PooledWorker pooled)
    {
        LocalWorker worker = pooled.Worker!;
        if (worker.IsLost)
        {
            return new(WorkerRetireReason.Died);
        }

        if (worker.FatalLine is { } line)
        {
            return new(Unfit(pooled, $"its output shows a fatal error: {line}"));
        }

        if (maxResidentBytes is { } limit && ResidentMemory.Of(worker.ProcessId) is { } held && held > limit)
        {
            events.TooMuchMemory(worker.Id, worker.ProcessId, held, limit);
            return new(WorkerRetireReason.Memory);
        }

        // A worker whose functions keep it from answering is not asked while it runs another.
        return worker.Heartbeats.HasAnsweredLately || !worker.Heartbeats.MayBeAsked ? new((WorkerRetireReason?)null) : AskAsync(pooled);
    }

    private async ValueTask<WorkerRetireReason?> AskAsync(PooledWorker pooled)
    {
        LocalWorker worker = pooled.Worker!;
        TimeSpan limit = heartbeatInterval == Timeout.InfiniteTimeSpan ? AnswerTimeout : heartbeatInterval;
        if (await worker.Heartbeats.AnswersAsync(limit, CancellationToken.None).ConfigureAwait(false))
        {
            return null;
        }

        if (!worker.IsLost && !worker.Heartbeats.MayBeAsked)
        {
            // Another session has begun meanwhile whose function keeps it from answering.
            return null;
        }

        return worker.IsLost ? WorkerRetireReason.Died : Unfit(pooled, $"it did not answer within {Text.Milliseconds(limit)} when its session was over");
    }

    private WorkerRetireReason Unfit(PooledWorker pooled, string fault)
    {
        pooled.NoteEnd(fault);
        events.Unfit(pooled.Worker!.Id, pooled.Worker.ProcessId, fault);
        return WorkerRetireReason.Broken;
    }
}
