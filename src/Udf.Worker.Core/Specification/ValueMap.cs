namespace Udf.Worker;

/// <summary>Creates <see cref="ValueMap{TKey, TValue}"/>s; collection expressions (<c>[new("name", "value")]</c>, <c>[.. dictionary]</c>) end here.</summary>
public static class ValueMap
{
    /// <summary>Creates a map that holds a copy of the entries.</summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="entries">The entries; no key twice, no key and no value null.</param>
    /// <returns>The map.</returns>
    /// <exception cref="ArgumentException">A key is there twice, or a key or a value is null.</exception>
    public static ValueMap<TKey, TValue> Create<TKey, TValue>(ReadOnlySpan<KeyValuePair<TKey, TValue>> entries)
        where TKey : notnull
        where TValue : notnull
    {
        var map = new Dictionary<TKey, TValue>(entries.Length);
        foreach ((TKey key, TValue value) in entries)
        {
            if (key is null || value is null)
            {
                throw new ArgumentException($"The value or the key of '{key}' is null. A value map holds no nulls.", nameof(entries));
            }

            if (!map.TryAdd(key, value))
            {
                throw new ArgumentException($"The key '{key}' is there twice. A value map holds each key once.", nameof(entries));
            }
        }

        return new ValueMap<TKey, TValue>(map);
    }
}
