namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Something that is measured, alone in its process, with the processes that it starts. Checks its first answers; one run at a time.</summary>
internal abstract class Subject : IAsyncDisposable
{
    /// <summary>How many sessions move each count of messages.</summary>
    internal virtual int SessionCount => 1;

    /// <summary>Starts what is needed, and checks an answer.</summary>
    internal abstract Task StartAsync();

    /// <summary>Moves messages.</summary>
    /// <param name="count">How many, in each session.</param>
    /// <returns>How long they took together, pauses left out.</returns>
    internal abstract Task<TimeSpan> RunAsync(int count);

    /// <summary>Ends what was started, in order.</summary>
    public abstract ValueTask DisposeAsync();
}
