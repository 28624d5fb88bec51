using System.Reflection;

namespace Udf.Worker.PublicApi.Tests;

/// <summary>
/// The public surface of each package stands as text beside this test, so that a change of it is seen in review. To accept one, run the test with <c>UDF_RECORD_API=1</c> and commit what it wrote.
/// </summary>
public class PublicApiTests
{
    private static readonly string Recorded = typeof(PublicApiTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RecordedDirectory").Value!;

    [Theory]
    [InlineData("Udf.Worker.Core")]
    [InlineData("Udf.Worker.Protocol")]
    [InlineData("Udf.Worker.Transport")]
    [InlineData("Udf.Worker.Direct")]
    [InlineData("Udf.Worker.Transport.Uds")]
    [InlineData("Udf.Worker.Transport.Tcp")]
    [InlineData("Udf.Worker.Host")]
    [InlineData("Udf.Worker.Artifacts")]
    [InlineData("Udf.Worker.Artifacts.Http")]
    [InlineData("Udf.Worker.Isolation")]
    public void Surface_OfAPackage_IsTheRecordedOne(string assemblyName)
    {
        string actual = PublicSurface.Of(Assembly.Load(assemblyName));
        string path = Path.Combine(Recorded, assemblyName + ".txt");
        if (Environment.GetEnvironmentVariable("UDF_RECORD_API") == "1")
        {
            File.WriteAllText(path, actual);
        }

        string recorded = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        string[] added = [.. actual.Split('\n').Except(recorded.Split('\n'))];
        string[] removed = [.. recorded.Split('\n').Except(actual.Split('\n'))];
        Assert.True(
            actual == recorded,
            $"The public surface of {assemblyName} differs from its record. If that is meant, run this test with UDF_RECORD_API=1 and commit {Path.GetFileName(path)}.\n"
            + string.Join('\n', added.Select(line => "+ " + line).Concat(removed.Select(line => "- " + line))));
    }
}
