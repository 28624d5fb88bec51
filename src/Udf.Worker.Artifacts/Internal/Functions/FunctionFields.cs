using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Udf.Worker.Artifacts.Internal;

/// <summary>Which fields of a function travel, and how: the same rules on both sides.</summary>
[RequiresUnreferencedCode("Functions are shipped by reflection.")]
[RequiresDynamicCode("Functions are shipped by reflection.")]
internal static class FunctionFields
{
    private const string FunctionBase = "Udf.Worker.Host.UdfFunction";

    /// <summary>How a value is written; a new one each time, because one that lives keeps the types that it has met.</summary>
    internal static JsonSerializerOptions CreateOptions() => new()
    {
        IncludeFields = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        MaxDepth = 64,
    };

    /// <summary>Whether a type is a function class of the worker kit. By name: the engine need not have the kit.</summary>
    internal static bool IsFunctionClass(Type type)
    {
        for (Type? current = type.BaseType; current is not null; current = current.BaseType)
        {
            if (current.FullName == FunctionBase)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The fields of an object, those of its base classes too, with names that are unique.</summary>
    internal static IEnumerable<(string Name, FieldInfo Field)> Of(Type type)
    {
        int depth = 0;
        for (Type? current = type; current is not null && current != typeof(object) && current.FullName != FunctionBase; current = current.BaseType, depth++)
        {
            foreach (FieldInfo field in current.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                yield return (depth == 0 ? field.Name : $"{depth}:{field.Name}", field);
            }
        }
    }

    /// <summary>Whether the field holds an object that is taken apart as the function itself is: the variables of an enclosing scope, or what a lambda knows as <c>this</c>.</summary>
    internal static bool IsTakenApart(FieldInfo field) =>
        field.FieldType.IsClass && (IsThis(field) || (field.FieldType.Name.StartsWith("<>c", StringComparison.Ordinal) && field.FieldType.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)));

    internal static bool IsThis(FieldInfo field) => field.Name.StartsWith("<>", StringComparison.Ordinal) && field.Name.EndsWith("__this", StringComparison.Ordinal);

    /// <summary>What a user would call the field.</summary>
    internal static string DisplayName(FieldInfo field)
    {
        if (IsThis(field))
        {
            return "this";
        }

        // <Rate>k__BackingField
        int end = field.Name.IndexOf('>', StringComparison.Ordinal);
        return field.Name.StartsWith('<') && end > 1 ? field.Name[1..end] : field.Name;
    }
}
