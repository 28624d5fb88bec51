using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Udf.Worker;

/// <summary>
/// An immutable map that equals every other map with equal entries, in whatever order they were written, so that a record that holds it compares by content.
/// Write it as a collection expression of entries. <see langword="default"/> is the empty map. Keys compare as their type does (texts: ordinal, case matters).
/// Safe for use from any thread.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
[CollectionBuilder(typeof(ValueMap), nameof(ValueMap.Create))]
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "It pairs with ValueList; 'map' is the wire's word.")]
public readonly struct ValueMap<TKey, TValue> : IReadOnlyDictionary<TKey, TValue>, IEquatable<ValueMap<TKey, TValue>>
    where TKey : notnull
    where TValue : notnull
{
    private static readonly Dictionary<TKey, TValue> None = [];

    private readonly Dictionary<TKey, TValue>? _entries;

    // Takes the dictionary over; nobody else may hold it.
    internal ValueMap(Dictionary<TKey, TValue> entries) => _entries = entries;

    /// <summary>How many entries the map holds.</summary>
    public int Count => Entries.Count;

    /// <summary>Whether the map holds no entry.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>The keys, in no particular order.</summary>
    public IEnumerable<TKey> Keys => Entries.Keys;

    /// <summary>The values, in no particular order.</summary>
    public IEnumerable<TValue> Values => Entries.Values;

    private Dictionary<TKey, TValue> Entries => _entries ?? None;

    /// <summary>The value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="KeyNotFoundException">The map has no such key.</exception>
    public TValue this[TKey key] => Entries[key];

    /// <summary>Whether two maps hold equal entries.</summary>
    /// <param name="left">One map.</param>
    /// <param name="right">The other map.</param>
    /// <returns>True if they are equal.</returns>
    public static bool operator ==(ValueMap<TKey, TValue> left, ValueMap<TKey, TValue> right) => left.Equals(right);

    /// <summary>Whether two maps differ in an entry.</summary>
    /// <param name="left">One map.</param>
    /// <param name="right">The other map.</param>
    /// <returns>True if they are not equal.</returns>
    public static bool operator !=(ValueMap<TKey, TValue> left, ValueMap<TKey, TValue> right) => !left.Equals(right);

    /// <summary>A map with the entries of this one, in which the key has the given value.</summary>
    /// <param name="key">The key to add or to give another value.</param>
    /// <param name="value">The value.</param>
    /// <returns>The other map; this one stays as it is.</returns>
    /// <exception cref="ArgumentNullException">The key or the value is null.</exception>
    public ValueMap<TKey, TValue> With(TKey key, TValue value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        return new ValueMap<TKey, TValue>(new Dictionary<TKey, TValue>(Entries) { [key] = value });
    }

    /// <inheritdoc/>
    public bool ContainsKey(TKey key) => Entries.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value) => Entries.TryGetValue(key, out value);

    /// <summary>Enumerates the entries, in no particular order.</summary>
    /// <returns>An enumerator.</returns>
    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator() => Entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(ValueMap<TKey, TValue> other)
    {
        Dictionary<TKey, TValue> mine = Entries;
        Dictionary<TKey, TValue> others = other.Entries;
        if (ReferenceEquals(mine, others))
        {
            return true;
        }

        if (mine.Count != others.Count)
        {
            return false;
        }

        foreach ((TKey key, TValue value) in mine)
        {
            if (!others.TryGetValue(key, out TValue? found) || !EqualityComparer<TValue>.Default.Equals(value, found))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ValueMap<TKey, TValue> other && Equals(other);

    /// <summary>A hash of the entries, whatever their order.</summary>
    /// <returns>The hash; computed anew at each call.</returns>
    public override int GetHashCode()
    {
        int sum = Count;
        foreach ((TKey key, TValue value) in Entries)
        {
            sum = unchecked(sum + HashCode.Combine(key, value));
        }

        return sum;
    }

    /// <summary>The keys in braces. The values are left out: in a specification they may be secrets, and texts like this one end up in logs.</summary>
    /// <returns>The keys as text.</returns>
    public override string ToString() => $"{{{string.Join(", ", Keys)}}}";
}
