namespace Udf.Worker.Isolation.Functions;

public sealed class SpecialTariff : Tariff
{
    public double Bonus { get; set; }
}
