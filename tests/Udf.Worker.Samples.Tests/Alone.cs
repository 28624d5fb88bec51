namespace Udf.Worker.Samples.Tests;

/// <summary>Suites that measure the whole process, and so run while no other test of it does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
