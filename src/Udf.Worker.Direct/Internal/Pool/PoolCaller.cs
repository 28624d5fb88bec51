namespace Udf.Worker.Direct.Internal;

/// <summary>A caller that waits for a worker, and his task. Answered once: by a grant, a refusal, or his own cancellation.</summary>
internal sealed class PoolCaller : PoolWaiter
{
    private readonly TaskCompletionSource<PoolSlot> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends with the place that he was given, or with what he is to throw.</summary>
    public Task<PoolSlot> Answer => _answer.Task;

    /// <summary>The start of a worker that was ended because he no longer waits, and nobody else did. Set before the cancellation is seen.</summary>
    public Task EndedStart { get; private set; } = Task.CompletedTask;

    public void Grant(PoolSlot slot) => _answer.SetResult(slot);

    public void Refuse(Exception exception) => _answer.SetException(exception);

    /// <summary>Takes him out, if he has not been answered yet. For the callback of a token.</summary>
    public static void Cancel(object? caller, CancellationToken token)
    {
        var self = (PoolCaller)caller!;
        if (self.Key is not { } key)
        {
            // Refused before he could wait.
            return;
        }

        PoolKeeper keeper = PoolScope.Of(key).Pool.Keeper;
        bool hasLeft = keeper.Do(self, static (PoolBook book, PoolCaller self, TimeSpan now, ref PoolEffects effects) =>
        {
            bool hasLeft = book.Cancel(self, ref effects);
            for (int index = 0; index < effects.Count; index++)
            {
                // One at most: he was the only one it was for.
                self.EndedStart = PooledWorker.Of(effects[index].Slot!).Ended;
            }

            return hasLeft;
        });
        if (hasLeft)
        {
            self._answer.SetCanceled(token);
        }
    }
}
