namespace NearestAirport;

/// <summary>Great-circle distances on a sphere.</summary>
internal static class Haversine
{
    /// <summary>The mean radius of the Earth.</summary>
    public const double EarthRadiusKm = 6371.0088;

    /// <summary>The haversine of the angle between two places, from 0 to 1. It grows with the distance, so the nearest place is found without a root and an arcsine for each.</summary>
    public static double Between(in GeoPoint a, in GeoPoint b)
    {
        double sinLatitude = Math.Sin((b.Latitude - a.Latitude) / 2);
        double sinLongitude = Math.Sin((b.Longitude - a.Longitude) / 2);
        return (sinLatitude * sinLatitude) + (a.CosLatitude * b.CosLatitude * sinLongitude * sinLongitude);
    }

    /// <summary>The distance that belongs to a haversine.</summary>
    public static double ToKm(double haversine) =>
        2 * EarthRadiusKm * Math.Asin(Math.Min(1, Math.Sqrt(haversine))); // Rounding may put antipodes a little beyond 1.
}
