using System.Collections;
using System.Runtime.CompilerServices;

namespace Udf.Worker;

/// <summary>
/// An immutable list that equals every other list with equal items in the same order, so that a record that holds it compares by content.
/// Write it as a collection expression. <see langword="default"/> is the empty list. Safe for use from any thread.
/// </summary>
/// <typeparam name="T">The type of the items.</typeparam>
[CollectionBuilder(typeof(ValueList), nameof(ValueList.Create))]
public readonly struct ValueList<T> : IReadOnlyList<T>, IEquatable<ValueList<T>>
    where T : notnull
{
    private readonly T[]? _items;

    // Takes the array over; nobody else may hold it.
    internal ValueList(T[] items) => _items = items;

    /// <summary>How many items the list holds.</summary>
    public int Count => _items?.Length ?? 0;

    /// <summary>Whether the list holds no item.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>The item at a position.</summary>
    /// <param name="index">The position, from 0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no item at <paramref name="index"/>.</exception>
    public T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return _items![index];
        }
    }

    /// <summary>Whether two lists hold equal items in the same order.</summary>
    /// <param name="left">One list.</param>
    /// <param name="right">The other list.</param>
    /// <returns>True if they are equal.</returns>
    public static bool operator ==(ValueList<T> left, ValueList<T> right) => left.Equals(right);

    /// <summary>Whether two lists differ in an item or in the order.</summary>
    /// <param name="left">One list.</param>
    /// <param name="right">The other list.</param>
    /// <returns>True if they are not equal.</returns>
    public static bool operator !=(ValueList<T> left, ValueList<T> right) => !left.Equals(right);

    /// <summary>The items, without a copy.</summary>
    /// <returns>A span over the list's own memory.</returns>
    public ReadOnlySpan<T> AsSpan() => _items;

    /// <summary>Whether the list holds an item that equals the given one.</summary>
    /// <param name="item">What to look for.</param>
    /// <returns>True if it is there.</returns>
    public bool Contains(T item) => _items is not null && Array.IndexOf(_items, item) >= 0;

    /// <summary>Enumerates the items in order.</summary>
    /// <returns>An enumerator.</returns>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)(_items ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(ValueList<T> other) => ReferenceEquals(_items, other._items) || AsSpan().SequenceEqual(other.AsSpan(), comparer: null);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ValueList<T> other && Equals(other);

    /// <summary>A hash of the items and their order.</summary>
    /// <returns>The hash; computed anew at each call.</returns>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (T item in AsSpan())
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    /// <summary>The items in brackets.</summary>
    /// <returns>The list as text.</returns>
    public override string ToString() => $"[{string.Join(", ", this)}]";
}
