namespace Udf.Worker.Direct.Tests;

/// <summary>Tests that count what the whole process has: nothing else runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LeakCollection
{
    public const string Name = "leaks";
}
