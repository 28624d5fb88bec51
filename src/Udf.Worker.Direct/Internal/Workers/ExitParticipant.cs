namespace Udf.Worker.Direct.Internal;

/// <summary>Something that has to be ended before this process is.</summary>
/// <param name="timeout">How long the end of the process waits for it.</param>
/// <param name="endsOnTermination">Whether it is ended on SIGTERM too.</param>
/// <param name="end">Ends it.</param>
internal sealed class ExitParticipant(TimeSpan timeout, bool endsOnTermination, Func<Task> end)
{
    /// <summary>How long the end of the process waits for it.</summary>
    public TimeSpan Timeout => timeout;

    /// <summary>Whether it is ended on SIGTERM too.</summary>
    public bool EndsOnTermination => endsOnTermination;

    /// <summary>Ends it.</summary>
    public Task EndAsync() => end();
}
