using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Udf.Worker.Artifacts.Internal;

/// <summary>
/// Compares a value with what became of it when it was written as JSON and read again. Text that is equal says little: what is not written at all (private fields, what elements have beyond the type
/// that a list is declared with) is missing on both sides.
/// </summary>
/// <remarks>
/// Fields are compared, not properties, because they are what a value is. Left out are those that their author marks as not belonging to it: <c>[NonSerialized]</c>, or <c>[JsonIgnore]</c> on the field or
/// its property. For one value; not thread safe.
/// </remarks>
[RequiresUnreferencedCode("Functions are shipped by reflection.")]
[RequiresDynamicCode("Functions are shipped by reflection.")]
internal sealed class RoundTrip(JsonSerializerOptions options)
{
    // Deeper than anything that is written, which has a limit of its own (64); what a constructor builds anew has none.
    private const int MaximumDepth = 256;

    private readonly HashSet<object> _seen = new(ReferenceEqualityComparer.Instance);

    /// <summary>Finds the first difference.</summary>
    /// <param name="before">The value.</param>
    /// <param name="after">What was read.</param>
    /// <param name="declared">The type that it was written and read as.</param>
    /// <param name="path">What the value is called.</param>
    /// <returns><see langword="null"/> if there is none.</returns>
    internal Difference? Find(object? before, object? after, Type declared, string path) => Find(before, after, declared, path, 0);

    private Difference? Find(object? before, object? after, Type declared, string path, int depth)
    {
        if (ReferenceEquals(before, after) || depth > MaximumDepth)
        {
            return null;
        }

        if (before is null || after is null)
        {
            return new Difference(path, (before ?? after)!.GetType(), before is null ? "it is null, and would be something when it is read" : "it is not written, or cannot be set when it is read");
        }

        Type type = before.GetType();
        JsonTypeInfoKind kind = KindOf(type);
        bool isSequence = kind is JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary && after is IEnumerable;
        if (type != after.GetType() && !(isSequence && declared.IsInterface))
        {
            return new Difference(path, type, $"it would be a {after.GetType()} when it is read");
        }

        if (kind == JsonTypeInfoKind.None)
        {
            return IsLeafEqual(type, before, after) ? null : new Difference(path, type, "it has another value when it is read");
        }

        if (!type.IsValueType && !_seen.Add(before))
        {
            return null;
        }

        return (isSequence ? FindInSequence((IEnumerable)before, (IEnumerable)after, type, path, depth) : null)
            ?? (type == after.GetType() ? FindInFields(before, after, type, path, depth, withFramework: !isSequence) : null);
    }

    private Difference? FindInSequence(IEnumerable before, IEnumerable after, Type type, string path, int depth)
    {
        // A dictionary or set that was told how to compare would be one that was not.
        if (type.GetProperty("Comparer")?.GetValue(before) is { } comparer && after.GetType().GetProperty("Comparer")?.GetValue(after) is { } comparerAfter && !comparer.Equals(comparerAfter))
        {
            return new Difference($"{path}.Comparer", comparer.GetType(), "a comparer is code, and does not travel with what it compares");
        }

        Type element = options.GetTypeInfo(type).ElementType ?? typeof(object);
        IEnumerator others = after.GetEnumerator();
        int index = 0;
        foreach (object? item in before)
        {
            if (!others.MoveNext())
            {
                return new Difference(path, type, "it has fewer elements when it is read");
            }

            bool isSame = item is null or string || item.GetType().IsPrimitive ? Equals(item, others.Current) : false;
            if (!isSame && Find(item, others.Current, element, $"{path}[{index}]", depth + 1) is { } difference)
            {
                return difference;
            }

            index++;
        }

        return others.MoveNext() ? new Difference(path, type, "it has more elements when it is read") : null;
    }

    private Difference? FindInFields(object before, object after, Type type, string path, int depth, bool withFramework)
    {
        for (Type? current = type; current is not null && current != typeof(object); current = current.BaseType)
        {
            // How a list of the framework keeps its elements is its own business; what a class derived from it adds is not.
            if (!withFramework && current.Assembly.GetName().Name!.StartsWith("System.", StringComparison.Ordinal))
            {
                break;
            }

            foreach (FieldInfo field in current.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (field.FieldType.IsPointer || IsLeftOut(field))
                {
                    continue;
                }

                object? one = field.GetValue(before);
                object? other = field.GetValue(after);
                if (one is Delegate made && other is Delegate again && made.Method == again.Method)
                {
                    // Made by the constructor, of its own object.
                    continue;
                }

                if (Find(one, other, field.FieldType, $"{path}.{FunctionFields.DisplayName(field)}", depth + 1) is { } difference)
                {
                    return difference;
                }
            }
        }

        return null;
    }

    private JsonTypeInfoKind KindOf(Type type)
    {
        if (type.IsPrimitive || type.IsEnum || type == typeof(string))
        {
            return JsonTypeInfoKind.None;
        }

        try
        {
            return options.GetTypeInfo(type).Kind;
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException or ArgumentException)
        {
            // In a private field: nobody asked whether it could be written.
            return JsonTypeInfoKind.Object;
        }
    }

    // What has a converter is all in the text, whose equality was checked; what can compare itself is asked too.
    private static bool IsLeafEqual(Type type, object before, object after) =>
        type == typeof(JsonElement) || type == typeof(ReadOnlyMemory<byte>) || type == typeof(Memory<byte>)
        || type.GetMethod(nameof(Equals), [typeof(object)])?.DeclaringType == typeof(object)
        || before.Equals(after);

    private static bool IsLeftOut(FieldInfo field)
    {
        if (field.IsDefined(typeof(NonSerializedAttribute), inherit: false) || field.IsDefined(typeof(JsonIgnoreAttribute), inherit: false))
        {
            return true;
        }

        return field.Name.EndsWith(">k__BackingField", StringComparison.Ordinal)
            && field.DeclaringType!.GetProperty(FunctionFields.DisplayName(field), BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly) is { } property
            && property.IsDefined(typeof(JsonIgnoreAttribute), inherit: false);
    }

    /// <summary>What is not the same.</summary>
    /// <param name="Path">Where, from the function on.</param>
    /// <param name="Type">What it is.</param>
    /// <param name="Reason">What would become of it.</param>
    internal sealed record Difference(string Path, Type Type, string Reason);
}
