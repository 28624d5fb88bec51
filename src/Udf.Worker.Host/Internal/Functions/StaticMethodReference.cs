using System.Text.Json;

namespace Udf.Worker.Host.Internal;

/// <summary>The payload of <c>dotnet.static-method</c>: a JSON object with the strings <c>assembly</c> (a path, or the name of an assembly that the worker has), <c>type</c> (its full name) and <c>method</c>.</summary>
internal sealed record StaticMethodReference(string Assembly, string Type, string Method)
{
    private const string Expected = """The payload is a JSON object such as {"assembly":"Functions.dll","type":"My.Functions","method":"Upper"}""";

    /// <exception cref="UdfFunctionNotFoundException">The payload is something else.</exception>
    internal static StaticMethodReference Parse(ReadOnlySpan<byte> json)
    {
        string? assembly = null;
        string? type = null;
        string? method = null;
        try
        {
            Utf8JsonReader reader = new(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new UdfFunctionNotFoundException($"{Expected}.");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                string value = reader.TokenType == JsonTokenType.String
                    ? reader.GetString()!
                    : throw new UdfFunctionNotFoundException($"{Expected}; the value of '{name}' is no string.");
                switch (name)
                {
                    case "assembly":
                        assembly = value;
                        break;
                    case "type":
                        type = value;
                        break;
                    case "method":
                        method = value;
                        break;
                    default:
                        throw new UdfFunctionNotFoundException($"{Expected}; '{name}' is not known.");
                }
            }

            // Whatever follows the object is an error of the reader's.
            while (reader.Read())
            {
            }
        }
        catch (JsonException exception)
        {
            throw new UdfFunctionNotFoundException($"{Expected}; what came is no valid JSON: {exception.Message}", exception);
        }

        return new StaticMethodReference(Given(assembly, "assembly"), Given(type, "type"), Given(method, "method"));
    }

    public override string ToString() => $"{Type}.{Method} of {Assembly}";

    private static string Given(string? value, string name) =>
        string.IsNullOrEmpty(value) ? throw new UdfFunctionNotFoundException($"{Expected}; '{name}' is missing.") : value;
}
