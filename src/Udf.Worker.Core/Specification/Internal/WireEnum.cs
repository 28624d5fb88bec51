using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Udf.Worker;

/// <summary>An enum of the specification with the names that its values have on the wire.</summary>
/// <typeparam name="T">An enum over <see cref="int"/> whose numbers are those of the wire.</typeparam>
internal sealed class WireEnum<T>
    where T : struct, Enum
{
    private readonly (T Value, string Name)[] _values;

    /// <param name="what">What a value is, for messages: "data format".</param>
    /// <param name="values">All values with their names; the first one is 0, which means unspecified.</param>
    public WireEnum(string what, params (T Value, string Name)[] values)
    {
        What = what;
        _values = values;
        KnownNames = string.Join(", ", values.Skip(1).Select(static value => value.Name));
    }

    public string What { get; }

    /// <summary>The names of all values but "unspecified", for messages.</summary>
    public string KnownNames { get; }

    public static int NumberOf(T value) => Unsafe.BitCast<T, int>(value);

    public static T OfNumber(int number) => Unsafe.BitCast<int, T>(number);

    public bool TryGetName(T value, [NotNullWhen(true)] out string? name)
    {
        name = Array.Find(_values, known => NumberOf(known.Value) == NumberOf(value)).Name;
        return name is not null;
    }

    public bool TryGetValue(string name, out T value)
    {
        int index = Array.FindIndex(_values, known => known.Name == name);
        value = index < 0 ? default : _values[index].Value;
        return index >= 0;
    }
}
