using System.Globalization;

namespace Udf.Worker.Host.Internal;

/// <summary><c>udf.fail</c>: raises in <c>init</c>, on <c>batch:N</c>, counted from 1, or in <c>finish</c>; echoes until then.</summary>
internal sealed class FailFunction : UdfFunction
{
    private const string BatchPlace = "batch:";

    private bool _failsInFinish;
    private long _batchesLeft;

    public override ValueTask<ReadOnlyMemory<byte>?> InitAsync(UdfContext context)
    {
        string place = ConformanceFunctions.TextOf(context);
        if (place == "init")
        {
            throw new RequestedException();
        }

        _failsInFinish = place == "finish";
        if (!_failsInFinish
            && !(place.StartsWith(BatchPlace, StringComparison.Ordinal)
                && long.TryParse(place.AsSpan(BatchPlace.Length), NumberStyles.None, CultureInfo.InvariantCulture, out _batchesLeft)))
        {
            throw ConformanceFunctions.Malformed(context, "init, batch:N or finish");
        }

        return default;
    }

    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output)
    {
        if (--_batchesLeft == 0)
        {
            throw new RequestedException();
        }

        output.Send(batch);
        return default;
    }

    public override ValueTask<ReadOnlyMemory<byte>?> FinishAsync(UdfOutput output) =>
        _failsInFinish ? throw new RequestedException() : default;
}
