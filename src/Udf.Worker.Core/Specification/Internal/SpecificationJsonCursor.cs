using System.Text;
using System.Text.Json;

namespace Udf.Worker;

/// <summary>
/// Walks through a specification's JSON by the rules of protobuf's mapping, and knows at each moment the path and the position for a message to people.
/// Scalars are in SpecificationJsonCursor.Scalars.cs.
/// </summary>
internal ref partial struct SpecificationJsonCursor
{
    private readonly ReadOnlySpan<byte> _json;
    private readonly string? _filePath;
    private readonly List<WorkerSpecificationUnknownField> _unknownFields = [];
    private Utf8JsonReader _reader;
    private string _path = SpecificationPath.Root;

    public SpecificationJsonCursor(ReadOnlySpan<byte> json, string? filePath)
    {
        _json = json;
        _filePath = filePath;
        _reader = new Utf8JsonReader(json);
    }

    public readonly ValueList<WorkerSpecificationUnknownField> UnknownFields => [.. _unknownFields];

    /// <summary>Goes to the next token. A <see cref="JsonException"/> is left to the caller of the whole parse.</summary>
    public bool Read() => _reader.Read();

    public JsonMessageScope BeginMessage(JsonMessage message)
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Fail($"{message.What} is an object, but here is {Found()}.", "Write its fields in braces: { ... }.");
        }

        return new JsonMessageScope(message, _path);
    }

    /// <summary>
    /// Goes to the value of the next field that is known and not null; false at the message's end. Fields that are not known are noted and read over.
    /// </summary>
    public bool NextField(ref JsonMessageScope scope, out string field)
    {
        while (true)
        {
            _path = scope.Path;
            _reader.Read();
            if (_reader.TokenType == JsonTokenType.EndObject)
            {
                field = "";
                return false;
            }

            string written = Text();
            if (!scope.Message.TryFind(written, out int index))
            {
                _path = SpecificationPath.Field(scope.Path, written);
                _unknownFields.Add(new WorkerSpecificationUnknownField(_path, Position().Line));
                _reader.Read();
                _reader.Skip();
                continue;
            }

            field = scope.Message[index];
            _path = SpecificationPath.Field(scope.Path, field);
            if (!scope.TryMarkSeen(index))
            {
                throw Fail("The field is there twice.", $"Write it once, as {field} or as {JsonMessage.OriginalName(field)}.");
            }

            _reader.Read();
            if (_reader.TokenType != JsonTokenType.Null)
            {
                return true;
            }
        }
    }

    public ValueList<T> List<T>(JsonValueReader<T> readItem)
        where T : notnull
    {
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            throw Fail($"Expected a list, but here is {Found()}.", "Write the entries in brackets, also if there is only one: [ ... ].");
        }

        string path = _path;
        var items = new List<T>();
        while (true)
        {
            _reader.Read();
            if (_reader.TokenType == JsonTokenType.EndArray)
            {
                _path = path;
                return [.. items];
            }

            _path = SpecificationPath.Index(path, items.Count);
            items.Add(readItem(ref this));
        }
    }

    public ValueMap<string, T> Map<T>(JsonValueReader<T> readValue)
        where T : notnull
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Fail($"Expected a map, but here is {Found()}.", "Write names and values in braces: { \"name\": ... }.");
        }

        string path = _path;
        var entries = new Dictionary<string, T>(StringComparer.Ordinal);
        while (true)
        {
            _path = path;
            _reader.Read();
            if (_reader.TokenType == JsonTokenType.EndObject)
            {
                return new ValueMap<string, T>(entries);
            }

            string key = Text();
            _path = SpecificationPath.Key(path, key);
            if (entries.ContainsKey(key))
            {
                throw Fail("The name is there twice in the map.", "Write it once.");
            }

            _reader.Read();
            entries.Add(key, readValue(ref this));
        }
    }

    /// <summary>The error for where the cursor stands.</summary>
    public readonly WorkerSpecificationFormatException Fail(string problem, string remedy, Exception? innerException = null)
    {
        (long line, long column) = Position();
        return new WorkerSpecificationFormatException(problem, remedy, _path, line, column, _filePath, innerException);
    }

    /// <summary>The error for a text that is not JSON; the exception knows the position.</summary>
    public readonly WorkerSpecificationFormatException Fail(JsonException exception)
    {
        // The message ends with the position, which is told in its own place.
        string reason = exception.Message.Split(" LineNumber:", 2)[0];
        (long line, long column) = Position(exception.LineNumber ?? 0, exception.BytePositionInLine ?? 0);
        return new WorkerSpecificationFormatException(
            $"The text is not valid JSON: {reason}",
            "Write plain JSON, without comments and trailing commas.",
            _path,
            line,
            column,
            _filePath,
            exception);
    }

    private readonly (long Line, long Column) Position()
    {
        ReadOnlySpan<byte> before = _json[..(int)_reader.TokenStartIndex];
        int lineStart = before.LastIndexOf((byte)'\n') + 1;
        return (before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(before[lineStart..]) + 1);
    }

    // The JSON reader counts lines from 0 and columns in bytes.
    private readonly (long Line, long Column) Position(long zeroBasedLine, long byteInLine)
    {
        ReadOnlySpan<byte> rest = _json;
        for (long line = 0; line < zeroBasedLine; line++)
        {
            rest = rest[(rest.IndexOf((byte)'\n') + 1)..];
        }

        return (zeroBasedLine + 1, Encoding.UTF8.GetCharCount(rest[..(int)Math.Min(byteInLine, rest.Length)]) + 1);
    }

    private readonly string Found() => _reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => $"the text \"{SpecificationText.Printable(Text())}\"",
        JsonTokenType.Number => $"the number {SpecificationText.Printable(Encoding.UTF8.GetString(_reader.ValueSpan))}",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => "null",
        _ => throw new InvalidOperationException($"No value begins with {_reader.TokenType}."),
    };
}
