using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Udf.Worker.Artifacts.Internal;
using Udf.Worker.Host;

namespace Udf.Worker.Isolation.Internal;

/// <summary>A shipped function as the worker has it, found once for a session: its type, its method, and what it keeps. Each execution gets an instance of its own.</summary>
/// <remarks>Thread safe. Holds types of the session: who keeps it keeps the session's load context.</remarks>
internal sealed class ShippedFunction
{
    private readonly Type _type;
    private readonly MethodInfo? _method;
    private readonly JsonElement? _state;
    private readonly JsonSerializerOptions _options;

    private ShippedFunction(Type type, MethodInfo? method, JsonElement? state, JsonSerializerOptions options)
    {
        _type = type;
        _method = method;
        _state = state;
        _options = options;
    }

    /// <param name="descriptor">What the payload says.</param>
    /// <param name="load">Loads the assembly of a name, as the session sees it.</param>
    /// <param name="options">How values are read; of the session, because it keeps types.</param>
    /// <exception cref="UdfFunctionNotFoundException">There is no such function.</exception>
    internal static ShippedFunction Find(FunctionDescriptor descriptor, Func<AssemblyName, Assembly> load, JsonSerializerOptions options)
    {
        Assembly assembly;
        try
        {
            assembly = load(new AssemblyName(descriptor.Assembly));
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException or ArgumentException)
        {
            throw new UdfFunctionNotFoundException($"The assembly of the function, '{descriptor.Assembly}', cannot be loaded: {exception.Message}", exception);
        }

        Type type = assembly.GetType(descriptor.Type)
            ?? throw new UdfFunctionNotFoundException($"{assembly.GetName().Name} {assembly.GetName().Version} has no type '{descriptor.Type}'. Is it another build than the one that the function was shipped from?");
        if (descriptor.Method is null)
        {
            return typeof(UdfFunction).IsAssignableFrom(type) && !type.IsAbstract && !type.ContainsGenericParameters
                ? new ShippedFunction(type, null, descriptor.State, options)
                : throw new UdfFunctionNotFoundException($"'{descriptor.Type}' is no function class: it is not derived from {typeof(UdfFunction)}, is abstract, or is generic.");
        }

        MethodInfo method = type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly).FirstOrDefault(candidate =>
                candidate.Name == descriptor.Method && candidate.GetParameters().Select(parameter => parameter.ParameterType.ToString()).SequenceEqual(descriptor.Parameters))
            ?? throw new UdfFunctionNotFoundException(
                $"'{descriptor.Type}' of {assembly.GetName().Name} {assembly.GetName().Version} has no method {descriptor.Method}({string.Join(", ", descriptor.Parameters)}). Is it another build than the one that the function was shipped from?");
        if (type.ContainsGenericParameters || type.IsAbstract && !method.IsStatic)
        {
            throw new UdfFunctionNotFoundException($"'{descriptor.Type}' is generic or abstract, and no object of it can be made.");
        }

        return new ShippedFunction(type, method, descriptor.State, options);
    }

    /// <exception cref="UdfFunctionNotFoundException">What it keeps does not fit its type, or its method has not the shape of a function.</exception>
    internal UdfFunction Create()
    {
        if (_method is { IsStatic: true })
        {
            return UdfFunction.FromMethod(_method);
        }

        object target = Restore(_type, _state, "");
        return _method is null ? (UdfFunction)target : UdfFunction.FromMethod(_method, target);
    }

    private object Restore(Type type, JsonElement? state, string path)
    {
        // Without a constructor: what it does is done already, where the function was shipped, and its result is in the fields.
        object target = RuntimeHelpers.GetUninitializedObject(type);
        foreach ((string name, FieldInfo field) in FunctionFields.Of(type))
        {
            if (state is not { ValueKind: JsonValueKind.Object } given || !given.TryGetProperty(name, out JsonElement value))
            {
                throw new UdfFunctionNotFoundException($"The function was shipped without '{path}{name}', which '{type}' has here. Is it another build than the one that it was shipped from?");
            }

            if (value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            try
            {
                field.SetValue(target, FunctionFields.IsTakenApart(field) ? Restore(field.FieldType, value, $"{path}{name}.") : value.Deserialize(field.FieldType, _options));
            }
            catch (Exception exception) when (exception is JsonException or NotSupportedException or ArgumentException)
            {
                throw new UdfFunctionNotFoundException($"What the function keeps as '{path}{name}' cannot be read as {field.FieldType}: {exception.Message}", exception);
            }
        }

        return target;
    }
}
