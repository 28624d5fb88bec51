using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport;

/// <summary>What is remembered of the workers of one specification, for the next ones: whoever opens connections to them keeps one of these.</summary>
/// <remarks>Thread safe. Holds nothing that must be released.</remarks>
public sealed class FramedWorkerMemory
{
    private volatile bool _offersNoMultiplexing;

    /// <summary>How large the batches of functions were.</summary>
    internal FunctionBatchSizes BatchSizes { get; } = new();

    /// <summary>Whether one of them has said that it does not offer multiplexed connections. They are not asked again.</summary>
    internal bool OffersNoMultiplexing
    {
        get => _offersNoMultiplexing;
        set => _offersNoMultiplexing = value;
    }
}
