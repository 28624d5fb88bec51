namespace Udf.Worker;

/// <summary>The fields that a protobuf message has in JSON, found by either of their names.</summary>
internal sealed class JsonMessage
{
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);
    private readonly string[] _fields;

    /// <param name="what">What the message is, for messages to people: "a callable".</param>
    /// <param name="fields">Its fields as lowerCamelCase; at most 32.</param>
    public JsonMessage(string what, params string[] fields)
    {
        What = what;
        _fields = fields;
        for (int i = 0; i < fields.Length; i++)
        {
            _indexes[fields[i]] = i;
            _indexes[OriginalName(fields[i])] = i;
        }
    }

    public string What { get; }

    public string this[int index] => _fields[index];

    public bool TryFind(string writtenName, out int index) => _indexes.TryGetValue(writtenName, out index);

    /// <summary>The name in the .proto file: <c>initializationTimeoutMs</c> is <c>initialization_timeout_ms</c> there.</summary>
    public static string OriginalName(string field) =>
        string.Concat(field.Select(static c => char.IsAsciiLetterUpper(c) ? $"_{char.ToLowerInvariant(c)}" : c.ToString()));
}
