namespace Udf.Worker.Isolation.Tests;

/// <summary>Tests that count what belongs to the whole process: its descriptors, its memory, what the collector has left. No other test runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
