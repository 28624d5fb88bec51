namespace Udf.Worker.Host;

/// <summary>A function for the time of one execution, and what has to happen when that is over.</summary>
/// <param name="function">The function; disposed with the lease.</param>
/// <param name="release">Called at the end of the execution, after the function was disposed; may be <see langword="null"/>.</param>
public sealed class UdfFunctionLease(UdfFunction function, Func<ValueTask>? release = null) : IAsyncDisposable
{
    /// <summary>The function.</summary>
    public UdfFunction Function { get; } = function ?? throw new ArgumentNullException(nameof(function));

    /// <summary>The end of the execution: disposes the function, then releases what it came from, even if the first throws.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await Function.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            if (release is not null)
            {
                await release().ConfigureAwait(false);
            }
        }
    }
}
