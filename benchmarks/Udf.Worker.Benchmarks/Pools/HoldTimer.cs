using System.Collections.Concurrent;

namespace Udf.Worker.Benchmarks.Pools;

/// <summary>
/// Ends waits of one length, to a millisecond. The timers of .NET go by a clock that on Linux moves every few milliseconds: 5 ms may become 8, and everything that waits for it is in step.
/// </summary>
internal sealed class HoldTimer : IDisposable
{
    private readonly ConcurrentQueue<(long Begun, TaskCompletionSource Done)> _holds = new();
    private readonly TimeSpan _length;
    private readonly Thread _thread;
    private readonly ManualResetEvent _stopped = new(initialState: false);

    /// <param name="length">How long each wait is.</param>
    public HoldTimer(TimeSpan length)
    {
        _length = length;
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Ends when the time has passed, on the thread pool.</summary>
    public Task HoldAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _holds.Enqueue((TimeProvider.System.GetTimestamp(), done));
        return done.Task;
    }

    /// <summary>Stops, when nobody waits any more.</summary>
    public void Dispose()
    {
        _stopped.Set();
        _thread.Join();
        _stopped.Dispose();
    }

    private void Run()
    {
        while (!_stopped.WaitOne(1))
        {
            // All are of one length, so they end in the order in which they began.
            while (_holds.TryPeek(out (long Begun, TaskCompletionSource Done) first) && TimeProvider.System.GetElapsedTime(first.Begun) >= _length)
            {
                _holds.TryDequeue(out _);
                first.Done.SetResult();
            }
        }
    }
}
