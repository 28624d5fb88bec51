using System.Text;
using Batch = System.ReadOnlyMemory<byte>;

namespace Udf.Worker.Isolation.Functions;

/// <summary>Lambdas that keep values of many kinds.</summary>
public static class ShippedStates
{
    public static Func<Batch, Batch> Keeps(Portfolio thing) => _ => Encoding.UTF8.GetBytes(thing.Describe());

    public static Func<Batch, Batch> TypeOf(Tariff thing) => _ => Encoding.UTF8.GetBytes(thing.GetType().Name);

    public static Func<Batch, Batch> Keeps(PrivateCounter thing) => batch => batch[..thing.Increment()];

    public static Func<Batch, Batch> Keeps(List<Tariff> thing) => batch => batch[..thing.Count];

    public static Func<Batch, Batch> Keeps(List<object> thing) => batch => batch[..thing.Count];

    public static Func<Batch, Batch> Keeps(Dictionary<string, int> thing) => batch => batch[..thing["x"]];

    public static Func<Batch, Batch> Keeps(Random thing) => batch => batch[..thing.Next(1)];

    public static Func<Batch, Batch> Keeps(StringBuilder thing) => batch => batch[..thing.Length];
}
