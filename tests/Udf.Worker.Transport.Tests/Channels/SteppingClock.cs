namespace Udf.Worker.Transport.Tests;

/// <summary>A clock that goes on by the same step each time it is read, and tells how often that was: time passes only for who looks at it.</summary>
internal sealed class SteppingClock(TimeSpan step, Action<int>? read = null) : TimeProvider
{
    private int _readings;

    internal int Readings => Volatile.Read(ref _readings);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        int reading = Interlocked.Increment(ref _readings);
        read?.Invoke(reading);
        return reading * step.Ticks;
    }
}
