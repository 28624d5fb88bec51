namespace NearestAirport;

/// <summary>The same job without workers, batches and streams: all rows in memory, the formula as it stands in the textbook. What the result of the workers is checked against.</summary>
internal static class InProcessComputation
{
    /// <summary>The answers in the order of the file.</summary>
    public static Answer[] Run(DataFiles data, int threadCount, CancellationToken cancellationToken)
    {
        Place[] zipCodes = ReadPlaces(data.ZipCodes, "zip_code");
        Place[] airports = ReadPlaces(data.Airports, "iata");
        var answers = new Answer[zipCodes.Length];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threadCount, CancellationToken = cancellationToken };
        Parallel.For(0, zipCodes.Length, parallel, index => answers[index] = Nearest(zipCodes[index], airports));
        return answers;
    }

    private static Answer Nearest(Place zipCode, Place[] airports)
    {
        (string Name, double Km) nearest = ("", double.PositiveInfinity);
        foreach (Place airport in airports)
        {
            double km = DistanceKm(zipCode, airport);
            if (km < nearest.Km)
            {
                nearest = (airport.Name, km);
            }
        }

        return Answer.Of(zipCode.Name, nearest.Name, nearest.Km);
    }

    // hav(d/R) = hav(φ2 − φ1) + cos φ1 · cos φ2 · hav(λ2 − λ1), hav(x) = sin²(x/2)
    private static double DistanceKm(Place a, Place b)
    {
        double haversine = Hav(b.Phi - a.Phi) + (a.CosPhi * b.CosPhi * Hav(b.Lambda - a.Lambda));
        return 2 * 6371.0088 * Math.Asin(Math.Sqrt(haversine));
    }

    private static double Hav(double angle) => Math.Sin(angle / 2) * Math.Sin(angle / 2);

    private static Place[] ReadPlaces(string path, string nameColumn)
    {
        using StreamReader file = File.OpenText(path);
        string[][] rows = [.. CsvReader.Read(file)];
        var columns = new CsvColumns(rows[0]);
        return
        [
            .. rows.Skip(1).Select(row => Place.At(row[columns[nameColumn]], CsvColumns.Number(row[columns["latitude"]]), CsvColumns.Number(row[columns["longitude"]]))),
        ];
    }

    private readonly record struct Place(string Name, double Phi, double CosPhi, double Lambda)
    {
        public static Place At(string name, double latitude, double longitude) =>
            new(name, latitude * Math.PI / 180, Math.Cos(latitude * Math.PI / 180), longitude * Math.PI / 180);
    }
}
