namespace NearestAirport;

/// <summary>The data of the job, beside the program.</summary>
internal sealed record DataFiles(string ZipCodes, string Airports)
{
    public static DataFiles OfThisProgram { get; } = new(
        Path.Combine(AppContext.BaseDirectory, "data", "zipcodes.csv"),
        Path.Combine(AppContext.BaseDirectory, "data", "airports.csv"));

    /// <summary>How many rows there are to answer, for who waits.</summary>
    public int CountZipCodes()
    {
        using StreamReader file = File.OpenText(ZipCodes);
        return CsvReader.Read(file).Count() - 1;
    }
}
