namespace Udf.Worker.Direct.Internal;

/// <summary>
/// Begins what outlives its caller: a worker is watched, and an environment prepared, for all sessions, and not in the execution context (activity, logging scope) of the one that came first.
/// </summary>
internal static class Detached
{
    /// <summary>Calls a function that begins such work.</summary>
    public static T Invoke<T>(Func<T> function)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return function();
        }

        using (ExecutionContext.SuppressFlow())
        {
            return function();
        }
    }

    /// <summary>Runs a function on the thread pool, not under the locks of the caller.</summary>
    public static Task Run(Func<Task> function) => Invoke(() => Task.Run(function));

    /// <inheritdoc cref="Run"/>
    public static Task<T> Run<T>(Func<Task<T>> function) => Invoke(() => Task.Run(function));
}
