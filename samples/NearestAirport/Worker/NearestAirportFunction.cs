using System.Text;
using Udf.Worker.Host;

namespace NearestAirport;

/// <summary>
/// The user function: for each ZIP code the nearest airport. Its payload is the airports (CSV with a header), its input schema the header of the ZIP codes,
/// its batches are ZIP codes (CSV without a header), and each is answered with one batch.
/// </summary>
internal sealed class NearestAirportFunction : UdfFunction
{
    /// <summary>The payload format by which an engine asks for this function.</summary>
    public const string Format = "nearest-airport";

    private Airport[] _airports = [];
    private int _zipCode;
    private int _latitude;
    private int _longitude;

    public override ValueTask<ReadOnlyMemory<byte>?> InitAsync(UdfContext context)
    {
        _airports = Airport.ReadAll(context.Payload.Content.Span);
        var columns = new CsvColumns(CsvReader.Read(context.InputSchema.GetValueOrDefault().Span).FirstOrDefault([]));
        (_zipCode, _latitude, _longitude) = (columns["zip_code"], columns["latitude"], columns["longitude"]);
        return default;
    }

    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output)
    {
        var answers = new StringBuilder();
        foreach (string[] row in CsvReader.Read(batch.Span))
        {
            // A batch takes a while: a cancelled one is not worth its end.
            output.CancellationToken.ThrowIfCancellationRequested();
            var place = new GeoPoint(CsvColumns.Number(row[_latitude]), CsvColumns.Number(row[_longitude]));
            (Airport nearest, double km) = FindNearest(place);
            Answer.Of(row[_zipCode], nearest.Iata, km).AppendTo(answers);
        }

        return output.SendAsync(Encoding.UTF8.GetBytes(answers.ToString()));
    }

    private (Airport Airport, double Km) FindNearest(in GeoPoint place)
    {
        Airport nearest = _airports[0];
        double least = double.PositiveInfinity;
        foreach (Airport airport in _airports)
        {
            double haversine = Haversine.Between(place, airport.Location);

            // Not "less or equal": the first in the order of the file wins a tie.
            if (haversine < least)
            {
                (nearest, least) = (airport, haversine);
            }
        }

        return (nearest, Haversine.ToKm(least));
    }
}
