using System.Runtime.Loader;
using System.Text;
using Udf.Worker.Host;
using Batch = System.ReadOnlyMemory<byte>;

namespace Udf.Worker.Isolation.Functions;

/// <summary>Functions to be shipped, good ones and bad ones.</summary>
public sealed class ShippedLambdas
{
    private readonly string _greeting = "hello";
    private readonly TextWriter _log = TextWriter.Null;

    public static Batch Upper(Batch batch) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(batch.Span).ToUpperInvariant());

    public static Batch Where(Batch batch, UdfContext context) =>
        Encoding.UTF8.GetBytes($"{AssemblyLoadContext.GetLoadContext(typeof(ShippedLambdas).Assembly)!.Name} {context.ExecutionId}");

    public static Batch ReadFile(Batch batch, UdfContext context) =>
        File.ReadAllBytes(Path.Combine(context.ResourceDirectories["udf.session"], Encoding.UTF8.GetString(batch.Span)));

    public static Func<Batch, Batch> Stateless() => batch => batch.ToArray().Reverse().ToArray();

    public static Func<Batch, Batch> Price(Tariff tariff, double[] discounts, string? note)
    {
        int calls = 0;
        return batch =>
        {
            calls++;
            double price = (double.Parse(Encoding.UTF8.GetString(batch.Span), System.Globalization.CultureInfo.InvariantCulture) * tariff.Rate) - discounts.Sum();
            return Encoding.UTF8.GetBytes($"{price} {tariff.Currency} {note ?? "-"} {calls}");
        };
    }

    public static Func<Batch, Batch> Nested(int outer)
    {
        List<Func<Batch, Batch>> functions = [];
        foreach (int inner in (int[])[1, 2])
        {
            functions.Add(batch => Encoding.UTF8.GetBytes($"{outer}+{inner}"));
        }

        return functions[1];
    }

    public static Func<Batch, ValueTask<Batch>> Asynchronous(string suffix) => async batch =>
    {
        await Task.Yield();
        return Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(batch.Span) + suffix);
    };

    public static Func<Batch, IEnumerable<Batch>> Many(int count) => batch => Enumerable.Repeat(batch, count);

    public static Func<Batch, Batch> Keeps(object? thing) => batch => thing is null ? batch : batch[1..];

    public static Func<Batch, Batch> KeepsDelegate(Func<int> thing) => batch => batch[..thing()];

    public static Func<Batch, Batch> KeepsStream(Stream thing) => batch => batch[..(int)thing.Length];

    public static Func<Batch, Batch> KeepsBase(Tariff thing) => batch => batch[..(int)thing.Rate];

    public static Func<Batch, Batch> KeepsReadOnly(ReadOnlyThing thing) => batch => batch[..thing.Value];

    public static Func<Batch, Batch> Generic<T>(T thing) => batch => Encoding.UTF8.GetBytes($"{thing}");

    // Both capture this; the second is all right, because what it has can travel.
    public Func<Batch, Batch> CapturesThis() => batch => Encoding.UTF8.GetBytes(_greeting + _log);
}
