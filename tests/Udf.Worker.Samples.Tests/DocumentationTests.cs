namespace Udf.Worker.Samples.Tests;

/// <summary>What the documentation quotes is what is compiled and run here.</summary>
public sealed class DocumentationTests
{
    [Theory]
    [InlineData("samples/NamedPipeTransport/PipeWorkerDispatcher.cs")]
    [InlineData("samples/NamedPipeTransport/PipeAcceptor.cs")]
    public void CustomTransports_QuotesTheSample(string path) =>
        Assert.Contains(
            $"```csharp\n{File.ReadAllText(SamplePaths.InRepository(path))}```\n", File.ReadAllText(SamplePaths.InRepository("docs/custom-transports.md")), StringComparison.Ordinal);

    [Fact]
    public void Sample_BothSidesOfTheTransport_AreShort() =>
        Assert.InRange(Directory.GetFiles(SamplePaths.InRepository("samples/NamedPipeTransport"), "*.cs").Sum(file => File.ReadLines(file).Count()), 1, 149);
}
