using System.Reflection;

namespace Udf.Worker.PublicApi.Tests;

/// <summary>Members as one line each, in the manner of C#; properties as their accessors. What is nullable is marked, because changing it is a change.</summary>
internal static class SignatureText
{
    private static readonly NullabilityInfoContext Nullability = new();

    internal static string Of(ConstructorInfo constructor) => $"{Access(constructor)} new({Parameters(constructor)})";

    internal static string Of(FieldInfo field) =>
        $"{(field.IsPublic ? "public" : "protected")} {(field.IsLiteral ? "const" : field.IsStatic ? "static" : "field")} {Name(field.FieldType)} {field.Name}"
        + (field.IsLiteral ? $" = {field.GetRawConstantValue()}" : "");

    internal static string Of(MethodInfo method)
    {
        string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";
        return $"{Access(method)}{Modifier(method)} {WithNullability(method.ReturnType, method.ReturnParameter)} {method.Name}{generic}({Parameters(method)})";
    }

    internal static string Name(Type type)
    {
        if (type.IsByRef)
        {
            return "ref " + Name(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }

        string name = type.IsNested && !type.IsGenericParameter ? $"{Name(type.DeclaringType!)}.{type.Name}" : type.Name;
        int tick = name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? name : $"{name[..tick]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select(parameter => $"{WithNullability(parameter.ParameterType, parameter)} {parameter.Name}{(parameter.HasDefaultValue ? $" = {parameter.DefaultValue ?? "default"}" : "")}"));

    private static string WithNullability(Type type, ParameterInfo parameter) =>
        type.IsValueType || type.IsByRef || type.IsGenericParameter || Nullability.Create(parameter).ReadState != NullabilityState.Nullable ? Name(type) : Name(type) + "?";

    private static string Access(MethodBase method) => method.IsPublic ? "public" : "protected";

    private static string Modifier(MethodInfo method) => method switch
    {
        { IsStatic: true } => " static",
        { IsAbstract: true } => " abstract",
        { IsVirtual: true, IsFinal: false } when method.GetBaseDefinition() != method => " override",
        { IsVirtual: true, IsFinal: false } => " virtual",
        _ => "",
    };
}
