namespace Udf.Worker.Isolation.Functions;

public class Tariff
{
    public double Rate { get; set; }

    public string Currency { get; set; } = "";
}
