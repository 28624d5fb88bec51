using System.Text;
using Udf.Worker.Host;

namespace Udf.Worker.Isolation.Functions;

/// <summary>A function class with a constructor whose effects must not happen again, and state between batches.</summary>
public sealed class CountingFunction : UdfFunction
{
    private readonly Dictionary<string, int> _counts = [];
    private readonly string _prefix;

    public CountingFunction(string prefix)
    {
        Constructed++;
        _prefix = prefix;
        _counts["start"] = 1;
    }

    public static int Constructed { get; private set; }

    public int Limit { get; init; }

    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output)
    {
        string key = Encoding.UTF8.GetString(batch.Span);
        _counts[key] = _counts.GetValueOrDefault(key) + 1;
        output.Send(Encoding.UTF8.GetBytes($"{_prefix}{key}={_counts[key]}/{Limit} {Constructed}"));
        return default;
    }
}
