using System.Globalization;
using System.Text;

namespace NearestAirport;

/// <summary>A row of the result. The distance is kept as it is written: two answers are equal if their rows are.</summary>
internal sealed record Answer(string ZipCode, string Iata, string Km)
{
    /// <summary>The header of the result.</summary>
    public const string Header = "zip_code,iata,km\n";

    /// <summary>The answer for a ZIP code; the distance is rounded to metres.</summary>
    public static Answer Of(string zipCode, string iata, double km) => new(zipCode, iata, km.ToString("F3", CultureInfo.InvariantCulture));

    /// <summary>Reads a row.</summary>
    /// <exception cref="FormatException">It does not have three fields.</exception>
    public static Answer Of(string[] row) => row is [var zipCode, var iata, var km]
        ? new Answer(zipCode, iata, km)
        : throw new FormatException($"'{string.Join(',', row)}' is not an answer: {Header.TrimEnd()} was expected.");

    /// <summary>Writes the row.</summary>
    public void AppendTo(StringBuilder csv) => csv.Append(Field(ZipCode)).Append(',').Append(Field(Iata)).Append(',').Append(Km).Append('\n');

    private static string Field(string value) => value.AsSpan().IndexOfAny(",\"\r\n") < 0 ? value : $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
