using System.Reflection;
using System.Text.RegularExpressions;

namespace Udf.Worker.PublicApi.Tests;

/// <summary>Says what a name in the documentation stands for, and whether it is there.</summary>
/// <param name="assemblies">The packages.</param>
/// <param name="sources">The text of their sources.</param>
internal sealed partial class KnownNames(IReadOnlyList<Assembly> assemblies, string sources)
{
    private const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static;

    private readonly Type[] _types = [.. assemblies.SelectMany(assembly => assembly.GetExportedTypes())];

    /// <summary>What is wrong with a name; <see langword="null"/> if nothing is.</summary>
    public string? FindProblem(string name)
    {
        if (name.EndsWith("Exception", StringComparison.Ordinal))
        {
            return IsException(name) ? null : $"There is no public exception {name}.";
        }

        if (Method().Match(name) is { Success: true } method)
        {
            return _types.Any(type => type.GetMember(method.Groups[1].Value, Public).Length > 0) ? null : $"There is no public method {name}.";
        }

        if (PublicName().IsMatch(name))
        {
            return IsPublic(name.Split('.')) ? null : $"There is no public {name}.";
        }

        if (Variable().IsMatch(name))
        {
            return sources.Contains(name, StringComparison.Ordinal) ? null : $"No source knows the variable {name}.";
        }

        if (Field().IsMatch(name))
        {
            return name.Split('.').All(part => sources.Contains($"\"{part}\"", StringComparison.Ordinal)) ? null : $"The specification has no field {name}.";
        }

        // A command, a path, a text: nothing of ours.
        return null;
    }

    private bool IsException(string name) =>
        _types.Append(typeof(Microsoft.Extensions.Options.OptionsValidationException)).Concat(typeof(object).Assembly.GetExportedTypes())
            .Any(type => type.Name == name && type.IsAssignableTo(typeof(Exception)));

    // A member may be named without its type, and members of members with or without it.
    private bool IsPublic(string[] parts)
    {
        IEnumerable<Type> owners = _types.Where(type => type.Name == parts[0]);
        return owners.Any() ? owners.Any(owner => HasMembers(owner, parts[1..])) : _types.Any(type => HasMembers(type, parts));
    }

    private static bool HasMembers(Type owner, string[] path) =>
        path.Length == 0
        || owner.GetMember(path[0], Public).Any(member => member switch
        {
            PropertyInfo property => HasMembers(property.PropertyType, path[1..]),
            FieldInfo field => HasMembers(field.FieldType, path[1..]),
            _ => path.Length == 1,
        });

    /// <summary><c>.UseTcp()</c>, with or without what it is called on.</summary>
    [GeneratedRegex(@"^(?:\w*\.)?(\w+)\(.*\)$")]
    private static partial Regex Method();

    /// <summary><c>DirectWorkerOptions.Limits</c>, <c>IsAtCapacity</c>.</summary>
    [GeneratedRegex(@"^[A-Z][a-z]\w*(\.[A-Z]\w*)*$")]
    private static partial Regex PublicName();

    /// <summary><c>UDF_WORKER_ID</c></summary>
    [GeneratedRegex("^UDF_[A-Z_]+$")]
    private static partial Regex Variable();

    /// <summary><c>initializationTimeoutMs</c>, <c>direct.runner.command</c>; a single word in small letters is a program.</summary>
    [GeneratedRegex(@"^[a-z]+([A-Z.]\w*)+(\.\w+)*$")]
    private static partial Regex Field();
}
