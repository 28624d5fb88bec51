using System.Text;

namespace Udf.Worker.Direct.Internal;

/// <summary>The last lines that a process wrote, whole ones only: at most so many, of at most so many bytes. Thread safe.</summary>
internal sealed class OutputTail(int maximumLineCount, int maximumBytes)
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Queue<(string Text, int Bytes)> _lines = new();
    private long _bytes;

    /// <summary>Adds a line.</summary>
    /// <param name="line">The line, without its end.</param>
    /// <param name="bytes">How many bytes it had.</param>
    public void Add(string line, int bytes)
    {
        lock (_gate)
        {
            _lines.Enqueue((line, bytes));
            _bytes += bytes;
            while (_lines.Count > maximumLineCount || _bytes > maximumBytes)
            {
                _bytes -= _lines.Dequeue().Bytes;
            }
        }
    }

    /// <summary>The lines as one text, or <see langword="null"/> if there is none.</summary>
    public string? Snapshot()
    {
        lock (_gate)
        {
            if (_lines.Count == 0)
            {
                return null;
            }

            var text = new StringBuilder((int)Math.Min(_bytes + _lines.Count, int.MaxValue));
            foreach ((string line, _) in _lines)
            {
                (text.Length == 0 ? text : text.Append('\n')).Append(line);
            }

            return text.ToString();
        }
    }
}
