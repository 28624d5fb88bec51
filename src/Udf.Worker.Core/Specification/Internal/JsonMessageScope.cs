namespace Udf.Worker;

/// <summary>A message that is being read: where it stands and which of its fields were there already.</summary>
internal struct JsonMessageScope(JsonMessage message, string path)
{
    private uint _seen;

    public readonly JsonMessage Message => message;

    public readonly string Path => path;

    /// <summary>Notes that a field is there; false if it was there before, under either name.</summary>
    public bool TryMarkSeen(int index)
    {
        uint bit = 1u << index;
        bool isFirst = (_seen & bit) == 0;
        _seen |= bit;
        return isFirst;
    }
}
