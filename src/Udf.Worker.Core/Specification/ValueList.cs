namespace Udf.Worker;

/// <summary>Creates <see cref="ValueList{T}"/>s; collection expressions (<c>["a", "b"]</c>, <c>[.. items]</c>) end here.</summary>
public static class ValueList
{
    /// <summary>Creates a list that holds a copy of the items.</summary>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <param name="items">The items, in order; none of them null.</param>
    /// <returns>The list.</returns>
    /// <exception cref="ArgumentException">An item is null.</exception>
    public static ValueList<T> Create<T>(ReadOnlySpan<T> items)
        where T : notnull
    {
        for (int i = 0; i < items.Length; i++)
        {
            if (items[i] is null)
            {
                throw new ArgumentException($"The item at {i} is null. A value list holds no nulls.", nameof(items));
            }
        }

        return new ValueList<T>(items.ToArray());
    }
}
