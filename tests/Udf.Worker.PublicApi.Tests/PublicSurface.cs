using System.Reflection;
using System.Text;

namespace Udf.Worker.PublicApi.Tests;

/// <summary>What users of an assembly can name, as sorted lines: types, and under each its members that they can call or override.</summary>
internal static class PublicSurface
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    internal static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        IEnumerable<Type> types = assembly.GetExportedTypes()
            // Generated from the .proto files, whose own record is the test of names and numbers in Protocol's tests.
            .Where(type => type.Namespace != "Udf.Worker.Protocol.Messages")
            .OrderBy(type => type.FullName, StringComparer.Ordinal);
        foreach (Type type in types)
        {
            text.Append(Header(type)).Append('\n');
            foreach (string member in Members(type).Distinct().Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(member).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Header(Type type)
    {
        string kind = type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => "struct",
            _ when typeof(Delegate).IsAssignableFrom(type) => "delegate",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        IEnumerable<string> parents = type.GetInterfaces().Select(SignatureText.Name).Order(StringComparer.Ordinal);
        if (type.BaseType is { } parent && kind.EndsWith("class", StringComparison.Ordinal) && parent != typeof(object))
        {
            parents = parents.Prepend(SignatureText.Name(parent));
        }

        string list = string.Join(", ", parents);
        return $"{kind} {type.Namespace}.{SignatureText.Name(type)}" + (list.Length == 0 || type.IsEnum ? "" : $" : {list}");
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name))}");
        }

        return type.GetConstructors(Declared).Where(IsVisible).Select(SignatureText.Of)
            .Concat(type.GetMethods(Declared).Where(method => IsVisible(method) && !method.Name.Contains('<')).Select(SignatureText.Of))
            .Concat(type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly).Select(SignatureText.Of));
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;
}
