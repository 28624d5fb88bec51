using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;

namespace Udf.Worker.Artifacts.Internal;

/// <summary>
/// Writes what a function keeps as JSON, and makes sure that it will be the same when it is read: a value that does not survive there and back is an error that names it, and never a silent loss.
/// </summary>
[RequiresUnreferencedCode("Functions are shipped by reflection.")]
[RequiresDynamicCode("Functions are shipped by reflection.")]
internal sealed class FunctionStateWriter
{
    private readonly JsonSerializerOptions _options = FunctionFields.CreateOptions();
    private readonly List<object> _ancestors = [];

    /// <summary>The types that the state is made of, whose assemblies the worker needs.</summary>
    internal HashSet<Type> Types { get; } = [];

    /// <exception cref="UdfPayloadException">Something in it cannot travel.</exception>
    internal JsonElement Write(object target)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            WriteObject(writer, target, "");
        }

        return JsonDocument.Parse(stream.GetBuffer().AsMemory(0, (int)stream.Length)).RootElement.Clone();
    }

    private void WriteObject(Utf8JsonWriter writer, object target, string path)
    {
        if (_ancestors.Exists(ancestor => ReferenceEquals(ancestor, target)))
        {
            throw Cannot(path, target.GetType(), "it leads back to itself");
        }

        _ancestors.Add(target);
        Types.Add(target.GetType());
        writer.WriteStartObject();
        foreach ((string name, FieldInfo field) in FunctionFields.Of(target.GetType()))
        {
            object? value = field.GetValue(target);
            string fieldPath = PathOf(path, field);
            writer.WritePropertyName(name);
            if (value is null)
            {
                writer.WriteNullValue();
            }
            else if (FunctionFields.IsTakenApart(field))
            {
                if (value.GetType() != field.FieldType)
                {
                    throw Cannot(fieldPath, value.GetType(), $"it stands in a field of the type {field.FieldType}, and the worker makes only what fields are declared with");
                }

                WriteObject(writer, value, fieldPath);
            }
            else
            {
                WriteValue(writer, value, field.FieldType, fieldPath);
            }
        }

        writer.WriteEndObject();
        _ancestors.RemoveAt(_ancestors.Count - 1);
    }

    private void WriteValue(Utf8JsonWriter writer, object value, Type declared, string path)
    {
        Type actual = value.GetType();
        if (Refusal(value, declared, actual) is { } refusal)
        {
            throw Cannot(path, actual, refusal);
        }

        try
        {
            string text = JsonSerializer.Serialize(value, declared, _options);
            object? back = JsonSerializer.Deserialize(text, declared, _options);
            if (JsonSerializer.Serialize(back, declared, _options) != text)
            {
                throw Cannot(path, actual, "it does not survive there and back: something in it can be read but not be set");
            }

            if (new RoundTrip(_options).Find(value, back, declared, path) is { } difference)
            {
                throw Cannot(difference.Path, difference.Type, $"it does not survive there and back: {difference.Reason}");
            }

            Types.Add(declared);
            Types.Add(actual);
            writer.WriteRawValue(text);
        }
        catch (Exception exception) when (exception is NotSupportedException or JsonException or InvalidOperationException or TargetInvocationException or ArgumentException)
        {
            throw Cannot(path, actual, $"System.Text.Json says: {exception.Message}", exception);
        }
    }

    private static string PathOf(string path, FieldInfo field)
    {
        string name = FunctionFields.DisplayName(field);

        // The variables of the scope around the lambda's own: no step that its author knows of.
        return name.StartsWith("CS$", StringComparison.Ordinal) ? path : path.Length == 0 ? name : $"{path}.{name}";
    }

    private static string? Refusal(object value, Type declared, Type actual) => value switch
    {
        Delegate => "a delegate is code, and only the function itself is shipped",
        Type or MemberInfo => "it is a piece of this process's metadata",
        JsonDocument => null,
        Task or CancellationToken => "it belongs to this process",
        IDisposable or IAsyncDisposable => "it holds something of this process, as its Dispose says",
        _ when declared == typeof(object) => "its field is declared as object, so the worker could not know what to make",
        _ when actual != declared && !declared.IsInterface && Nullable.GetUnderlyingType(declared) != actual => $"its field is declared as {declared}, so the worker would make one of those",
        _ => null,
    };

    private static UdfPayloadException Cannot(string path, Type type, string reason, Exception? innerException = null)
    {
        string hint = path == "this" || path.StartsWith("this.", StringComparison.Ordinal)
            ? " The lambda has captured 'this', often by accident: copy what it needs of it to local variables."
            : " If it does not use it, another lambda of the same scope does: C# keeps the variables of all of them in one object, so make this one in a method of its own."
                + " If it does, make it a local of the function, or hand it over as a batch or as a file of the session.";
        return new UdfPayloadException($"The function cannot be shipped, because it keeps '{path}' of the type {type}: {reason}.{hint}", path, innerException);
    }
}
