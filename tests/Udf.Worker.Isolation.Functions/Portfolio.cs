using System.Text.Json.Serialization;

namespace Udf.Worker.Isolation.Functions;

/// <summary>Of many kinds of values that travel well; what need not travel is marked.</summary>
public sealed record Portfolio(string Name, DateTime Day, Guid Id, DayOfWeek Weekday, int? Limit)
{
    [NonSerialized]
    private string? _cached;

    public Dictionary<string, Tariff> Tariffs { get; init; } = [];

    public IReadOnlyList<string> Notes { get; init; } = [];

    public HashSet<string> Tags { get; init; } = [];

    public (int From, int To) Range { get; init; }

    public ReadOnlyMemory<byte> Bytes { get; init; }

    public List<double[]> Rows { get; init; } = [];

    [JsonIgnore]
    public int Uses { get; private set; }

    public string Describe()
    {
        Uses++;
        return _cached ??= $"{Name} {Day:yyyy-MM-dd} {Id:N} {Weekday} {Limit} {string.Join(',', Tariffs.Select(tariff => $"{tariff.Key}={tariff.Value.Rate}"))} "
            + $"{string.Join(',', Notes)} {string.Join(',', Tags)} {Range} {Bytes.Length} {Rows.Sum(row => row.Sum())}";
    }
}
