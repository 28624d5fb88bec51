using System.Xml.Linq;

namespace Udf.Worker.Core.Tests;

/// <summary>Core needs nothing but the framework: whoever implements or uses its contracts gets no dependency with them.</summary>
public class PackageReferenceTests
{
    [Fact]
    public void ProjectFile_HasNoReference()
    {
        XDocument project = XDocument.Load(Path.Combine(Source(), "Udf.Worker.Core", "Udf.Worker.Core.csproj"));

        Assert.Empty(References(project));
    }

    [Fact]
    public void SharedProperties_ReferenceOnlyWhatStaysAtHome()
    {
        foreach (string file in new[] { Path.Combine(Source(), "Directory.Build.props"), Path.Combine(Source(), "..", "Directory.Build.props") })
        {
            Assert.All(References(XDocument.Load(file)), reference =>
            {
                Assert.Equal("PackageReference", reference.Name.LocalName);
                Assert.Equal("all", (string?)reference.Attribute("PrivateAssets"));
            });
        }
    }

    [Fact]
    public void Assembly_ReferencesOnlyTheFramework()
    {
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

        Assert.All(typeof(WorkerSession).Assembly.GetReferencedAssemblies(), reference =>
        {
            Assert.StartsWith("System.", reference.Name, StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine(framework, $"{reference.Name}.dll")), $"{reference.Name} is not part of the framework.");
        });
    }

    [Fact]
    public void Assembly_PublicTypesStandInOneNamespace() =>
        Assert.All(typeof(WorkerSession).Assembly.GetExportedTypes(), type => Assert.Equal("Udf.Worker", type.Namespace));

    private static IEnumerable<XElement> References(XDocument file) =>
        file.Descendants().Where(element => element.Name.LocalName is "PackageReference" or "ProjectReference" or "Reference" or "FrameworkReference");

    /// <summary>The folder of the packages, found from where the tests run: paths from the compiler are mapped in a deterministic build.</summary>
    private static string Source()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Udf.Worker.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        Assert.True(folder is not null, $"There is no Udf.Worker.sln above {AppContext.BaseDirectory}: run the tests from a build inside the repository.");
        return Path.Combine(folder, "src");
    }
}
