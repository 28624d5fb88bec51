namespace NearestAirport;

/// <summary>What the report says of many answers.</summary>
internal sealed class DistanceSummary
{
    private double _sumKm;

    public int RowCount { get; private set; }

    public double MeanKm => RowCount == 0 ? 0 : _sumKm / RowCount;

    public double GreatestKm { get; private set; }

    /// <summary>The answer with the greatest distance; the first of several.</summary>
    public Answer? Greatest { get; private set; }

    public void Add(Answer answer)
    {
        double km = CsvColumns.Number(answer.Km);
        RowCount++;
        _sumKm += km;
        if (Greatest is null || km > GreatestKm)
        {
            (Greatest, GreatestKm) = (answer, km);
        }
    }
}
