namespace NearestAirport;

/// <summary>A place on the globe, with what the haversine formula needs of it computed once.</summary>
internal readonly struct GeoPoint(double latitudeDegrees, double longitudeDegrees)
{
    /// <summary>In radians.</summary>
    public double Latitude { get; } = double.DegreesToRadians(latitudeDegrees);

    /// <summary>In radians.</summary>
    public double Longitude { get; } = double.DegreesToRadians(longitudeDegrees);

    public double CosLatitude { get; } = Math.Cos(double.DegreesToRadians(latitudeDegrees));
}
