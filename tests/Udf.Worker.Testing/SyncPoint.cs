namespace Udf.Worker.Testing;

/// <summary>
/// A place where code under test is held until the test lets it go on: the code calls <see cref="HoldAsync"/> or <see cref="Hold"/>,
/// the test waits for <see cref="Reached"/>, does what it wants to happen right then, and calls <see cref="Continue"/>.
/// </summary>
public sealed class SyncPoint
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _continue = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the code has come to this point.</summary>
    public Task Reached => _reached.Task;

    public void Continue() => _continue.TrySetResult();

    /// <summary>Holds the code; for code that can await.</summary>
    public Task HoldAsync()
    {
        _reached.TrySetResult();
        return _continue.Task;
    }

    /// <summary>Holds the thread; for callbacks that cannot await. The test calls the code from a thread that it can spare.</summary>
    public void Hold()
    {
        if (!HoldAsync().Wait(TimeSpan.FromSeconds(30)))
        {
            throw new TimeoutException("Nobody let this sync point go on within 30 s.");
        }
    }
}
