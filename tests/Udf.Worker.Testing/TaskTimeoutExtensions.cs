using System.Runtime.CompilerServices;

namespace Udf.Worker.Testing;

/// <summary>Bounds a wait of a test, so that a test that hangs fails and says where.</summary>
public static class TaskTimeoutExtensions
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task DefaultTimeout(this Task task, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        try
        {
            await task.WaitAsync(Limit, TimeProvider.System);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw Late(file, line);
        }
    }

    public static async Task<T> DefaultTimeout<T>(this Task<T> task, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        try
        {
            return await task.WaitAsync(Limit, TimeProvider.System);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw Late(file, line);
        }
    }

    public static Task DefaultTimeout(this ValueTask task, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) => task.AsTask().DefaultTimeout(file, line);

    public static Task<T> DefaultTimeout<T>(this ValueTask<T> task, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) => task.AsTask().DefaultTimeout(file, line);

    private static TimeoutException Late(string? file, int line) => new($"Not done within {Limit.TotalSeconds} s, awaited at {file}:{line}.");
}
