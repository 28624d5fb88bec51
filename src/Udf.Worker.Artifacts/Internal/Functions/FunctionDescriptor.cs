using System.Text.Json;

namespace Udf.Worker.Artifacts.Internal;

/// <summary>
/// What the payload of a shipped function says: which method of which type in which assembly, and what the object it belongs to keeps. It names no other type: what the object keeps is read as
/// the types that its fields are declared with.
/// </summary>
internal sealed record FunctionDescriptor(string Assembly, string Type, string? Method, IReadOnlyList<string> Parameters, JsonElement? State)
{
    internal const string Format = "dotnet.function";
    internal const int Version = 1;

    internal byte[] ToBytes()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", Version);
            writer.WriteString("assembly", Assembly);
            writer.WriteString("type", Type);
            if (Method is not null)
            {
                writer.WriteString("method", Method);
                writer.WriteStartArray("parameters");
                foreach (string parameter in Parameters)
                {
                    writer.WriteStringValue(parameter);
                }

                writer.WriteEndArray();
            }

            if (State is { } state)
            {
                writer.WritePropertyName("state");
                state.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <exception cref="FormatException">It is something else, or of another version.</exception>
    internal static FunctionDescriptor FromBytes(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            JsonElement root = document.RootElement;
            int version = root.GetProperty("version").GetInt32();
            if (version != Version)
            {
                throw new FormatException($"The function was shipped in version {version} of the format, and this worker reads version {Version}. Update the older side.");
            }

            return new FunctionDescriptor(
                Text(root.GetProperty("assembly")),
                Text(root.GetProperty("type")),
                root.TryGetProperty("method", out JsonElement method) ? Text(method) : null,
                root.TryGetProperty("parameters", out JsonElement parameters) ? [.. parameters.EnumerateArray().Select(Text)] : [],
                root.TryGetProperty("state", out JsonElement state) ? state.Clone() : null);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"This is no shipped function: {exception.Message}", exception);
        }
    }

    private static string Text(JsonElement element) => element.GetString() is { Length: > 0 } text ? text : throw new FormatException("This is no shipped function: a name in it is empty.");
}
