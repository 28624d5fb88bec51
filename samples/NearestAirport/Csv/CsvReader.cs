using System.Text;

namespace NearestAirport;

/// <summary>Reads comma-separated values as in RFC 4180: fields may be quoted, and then hold commas, line ends and doubled quotes. Blank lines are skipped.</summary>
internal static class CsvReader
{
    /// <summary>The records of a text, one array of fields each.</summary>
    /// <exception cref="FormatException">The text ends inside a quoted field.</exception>
    public static IEnumerable<string[]> Read(TextReader text)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        bool isQuoted = false;
        for (int next = text.Read(); next >= 0; next = text.Read())
        {
            switch ((char)next)
            {
                case '"' when isQuoted && text.Peek() == '"':
                    field.Append((char)text.Read());
                    break;
                case '"':
                    isQuoted = !isQuoted;
                    break;
                case ',' when !isQuoted:
                    EndField();
                    break;
                case '\r' when !isQuoted && text.Peek() == '\n':
                    break;
                case '\n' when !isQuoted:
                    if (HasContent())
                    {
                        yield return EndRecord();
                    }

                    break;
                default:
                    field.Append((char)next);
                    break;
            }
        }

        if (isQuoted)
        {
            throw new FormatException("The CSV text ends inside a quoted field: a closing quote is missing.");
        }

        if (HasContent())
        {
            yield return EndRecord();
        }

        bool HasContent() => fields.Count > 0 || field.Length > 0;

        void EndField()
        {
            fields.Add(field.ToString());
            field.Clear();
        }

        string[] EndRecord()
        {
            EndField();
            string[] record = [.. fields];
            fields.Clear();
            return record;
        }
    }

    /// <summary>The records of a piece of UTF-8.</summary>
    /// <inheritdoc cref="Read(TextReader)" path="/exception"/>
    public static IEnumerable<string[]> Read(ReadOnlySpan<byte> utf8) => Read(new StringReader(Encoding.UTF8.GetString(utf8)));
}
