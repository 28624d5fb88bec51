using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol;

/// <summary>What a worker takes in an <see cref="Messages.Init"/>.</summary>
public sealed class WorkerExecutionOptions
{
    private readonly long _maxPayloadBytes = WireLimits.DefaultMaxPayloadBytes;

    /// <summary>The data formats that the worker declares. An <c>Init</c> with another one is refused.</summary>
    public required IReadOnlyCollection<UDFWorkerDataFormat> DataFormats { get; init; }

    /// <summary>The longest payload of a function, inline and chunks together.</summary>
    /// <value>In bytes, at least 1; 256 MiB by default. Each execution that starts may hold as much at once.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not positive.</exception>
    public long MaxPayloadBytes
    {
        get => _maxPayloadBytes;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            _maxPayloadBytes = value;
        }
    }

    /// <summary>What <see cref="MaxPayloadBytes"/> is called where the worker is configured; errors name it.</summary>
    public string MaxPayloadSettingName { get; init; } = nameof(MaxPayloadBytes);

    /// <summary>Whether a data format is among <see cref="DataFormats"/>.</summary>
    internal bool Accepts(UDFWorkerDataFormat format)
    {
        if (DataFormats is not UDFWorkerDataFormat[] formats)
        {
            return IsAmong(DataFormats, format);
        }

        // Without the generic search, which a worker would have to compile when it starts.
        foreach (UDFWorkerDataFormat accepted in formats)
        {
            if (accepted == format)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsAmong(IReadOnlyCollection<UDFWorkerDataFormat> formats, UDFWorkerDataFormat format) => formats.Contains(format);
}
