using System.Globalization;

namespace Udf.Worker.Host.Internal;

/// <summary><c>udf.sleep</c>: waits so many milliseconds in each batch, or until it is cancelled, then echoes.</summary>
internal sealed class SleepFunction(TimeProvider timeProvider) : UdfFunction
{
    private TimeSpan _duration;

    public override ValueTask<ReadOnlyMemory<byte>?> InitAsync(UdfContext context)
    {
        if (!int.TryParse(ConformanceFunctions.TextOf(context), NumberStyles.None, CultureInfo.InvariantCulture, out int milliseconds))
        {
            throw ConformanceFunctions.Malformed(context, "a number of milliseconds");
        }

        _duration = TimeSpan.FromMilliseconds(milliseconds);
        return default;
    }

    public override async ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output)
    {
        await Task.Delay(_duration, timeProvider, output.CancellationToken).ConfigureAwait(false);
        output.Send(batch);
    }
}
