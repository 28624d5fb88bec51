#pragma warning disable RS0030 // The one place on the worker's side; see below why it may.
namespace Udf.Worker.Host.Internal;

/// <summary>
/// The one place where a thread waits for a task. It may, because the thread belongs to one execution (or to the end of the worker) alone: it has no synchronization context, is not of the thread pool,
/// and nothing that the task needs waits for it. What completes synchronously is not waited for.
/// </summary>
internal static class Blocking
{
    internal static void Wait(ValueTask task)
    {
        if (task.IsCompletedSuccessfully)
        {
            task.GetAwaiter().GetResult();
        }
        else
        {
            task.AsTask().GetAwaiter().GetResult();
        }
    }

    internal static T Wait<T>(ValueTask<T> task) =>
        task.IsCompletedSuccessfully ? task.Result : task.AsTask().GetAwaiter().GetResult();

    /// <summary>Waits for a task for a while.</summary>
    /// <returns>Whether it has ended.</returns>
    internal static bool Wait(Task task, TimeSpan limit, TimeProvider timeProvider)
    {
        if (timeProvider == TimeProvider.System)
        {
            // The same clock, but without a timer, which user code that fills the thread pool would hold up.
            return task.Wait(limit);
        }

        try
        {
            task.WaitAsync(limit, timeProvider).GetAwaiter().GetResult();
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
