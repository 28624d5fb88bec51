using System.Globalization;

namespace NearestAirport;

/// <summary>Where the columns of a table are: found by name, so that their order does not matter.</summary>
internal sealed class CsvColumns(string[] header)
{
    /// <summary>The position of a column.</summary>
    /// <exception cref="FormatException">There is none of that name.</exception>
    public int this[string name] => Array.IndexOf(header, name) is >= 0 and var position
        ? position
        : throw new FormatException($"There is no column '{name}' in the CSV header '{string.Join(',', header)}'.");

    /// <summary>A number as it stands in CSV, whatever the culture of the machine.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static double Number(string field) => double.Parse(field, NumberStyles.Float, CultureInfo.InvariantCulture);
}
