using System.Reflection;
using Udf.Worker.Testing;

namespace Udf.Worker.Samples.Tests;

/// <summary>Where the sample stands.</summary>
internal static class SamplePaths
{
    /// <summary>The sample as a worker. It serves the conformance functions too if it is asked to.</summary>
    public static WorkerProgram Worker { get; } = new("the sample", "dotnet", [Path.GetFullPath(Metadata("Sample")), "worker"]);

    /// <summary>A file of the repository.</summary>
    public static string InRepository(string path) => Path.GetFullPath(Path.Combine(Metadata("Repository"), path));

    private static string Metadata(string key) =>
        typeof(SamplePaths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
