using System.Threading.Channels;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Tests;

/// <summary>A manual clock that also tells each time a timer is started with a given limit: so a test moves it only when the code has begun to wait anew.</summary>
internal sealed class TimerWatch(TimeSpan limit) : TimeProvider
{
    private readonly Channel<TimeSpan> _started = Channel.CreateUnbounded<TimeSpan>();

    public ManualTimeProvider Clock { get; } = new();

    public override long TimestampFrequency => Clock.TimestampFrequency;

    public override long GetTimestamp() => Clock.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => Clock.GetUtcNow();

    /// <summary>Waits for the next start. Each is waited for once.</summary>
    public Task StartedAsync() => _started.Reader.ReadAsync().DefaultTimeout();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = Clock.CreateTimer(callback, state, dueTime, period);
        Note(dueTime);
        return new Timer(this, timer);
    }

    private void Note(TimeSpan dueTime)
    {
        if (dueTime == limit)
        {
            _started.Writer.TryWrite(dueTime);
        }
    }

    private sealed class Timer(TimerWatch watch, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            bool changed = timer.Change(dueTime, period);
            watch.Note(dueTime);
            return changed;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
