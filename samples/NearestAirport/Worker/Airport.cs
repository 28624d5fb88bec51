namespace NearestAirport;

/// <summary>An airport and where it is.</summary>
internal sealed record Airport(string Iata, GeoPoint Location)
{
    /// <summary>Reads the airports from CSV with a header.</summary>
    /// <exception cref="FormatException">It is not such CSV, or there is no airport in it.</exception>
    public static Airport[] ReadAll(ReadOnlySpan<byte> csv)
    {
        using IEnumerator<string[]> rows = CsvReader.Read(csv).GetEnumerator();
        var columns = new CsvColumns(rows.MoveNext() ? rows.Current : []);
        (int iata, int latitude, int longitude) = (columns["iata"], columns["latitude"], columns["longitude"]);

        var airports = new List<Airport>();
        while (rows.MoveNext())
        {
            string[] row = rows.Current;
            airports.Add(new Airport(row[iata], new GeoPoint(CsvColumns.Number(row[latitude]), CsvColumns.Number(row[longitude]))));
        }

        return airports.Count > 0 ? [.. airports] : throw new FormatException("There are no airports.");
    }
}
