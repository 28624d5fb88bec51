using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Udf.Worker.Artifacts;
using Udf.Worker.Host;
using Udf.Worker.Testing;

namespace Udf.Worker.Isolation.Tests;

/// <summary>What an assembly asks for, and what happens if it is missing, damaged, too old or too new.</summary>
public sealed class DependencyTests : SessionTest
{
    [Fact]
    [Failure("an assembly is missing in worker and session")]
    public async Task AMissingDependency_IsNamed_WithWhoAsksAndWhereItWasLookedFor()
    {
        TestAssembly library = TestAssembly.Compile("Library", "3.0.0.0", "public static class Library { public static string Say() => \"library\"; }");
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "Library.Say()", library);
        ArtifactSession session = await SessionAsync("s", function);
        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(session.Artifacts, function.Payload()));
        string message = exception.ToString();
        Assert.Contains("Fn asks for Library 3.0.0.0", message);
        Assert.Contains(session.Artifacts.BaseUri.ToString(), message);
        Assert.Contains("assemblies/Fn.dll", message);
        Assert.Contains(AppContext.BaseDirectory, message);
    }

    [Fact]
    public async Task AMissingDependency_ThatIsAddedAfterwards_IsFound()
    {
        TestAssembly library = TestAssembly.Compile("Library", "3.0.0.0", "public static class Library { public static string Say() => \"library\"; }");
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "Library.Say()", library);
        ArtifactSession session = await SessionAsync("s", function);
        await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(session.Artifacts, function.Payload()));
        await session.AddAsync("assemblies/Library.dll", library.Bytes);
        Assert.Equal("library", await RunAsync(session.Artifacts, function.Payload()));
        Assert.Equal(1, Sessions.Count);
    }

    [Fact]
    public async Task ADependencyWithOtherBytes_IsNotRememberedEither()
    {
        TestAssembly library = TestAssembly.Compile("Library", "3.0.0.0", "public static class Library { public static string Say() => \"library\"; }");
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "Library.Say()", library);
        ArtifactSession session = await SessionAsync("s", function, library);
        string file = Path.Combine(session.Directory, "assemblies/Library.dll");
        File.WriteAllBytes(file, [1, 2, 3]);
        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(session.Artifacts, function.Payload()));
        Assert.Contains("SHA-256", exception.ToString());
        File.WriteAllBytes(file, library.Bytes);
        Assert.Equal("library", await RunAsync(session.Artifacts, function.Payload()));
    }

    [Fact]
    [Failure("the session has an older version")]
    public async Task AnOlderDependencyThanAskedFor_IsAnErrorThatNamesBoth()
    {
        const string Source = "public static class Library { public static string Say() => \"library\"; }";
        TestAssembly newer = TestAssembly.Compile("Library", "2.0.0.0", Source);
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "Library.Say()", newer);
        ArtifactSession session = await SessionAsync("s", function, TestAssembly.Compile("Library", "1.5.0.0", Source));
        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(session.Artifacts, function.Payload()));
        Assert.Contains("Fn asks for Library 2.0.0.0", exception.ToString());
        Assert.Contains("has Library 1.5.0.0", exception.ToString());
    }

    [Fact]
    [Failure("an assembly was built for a newer .NET")]
    public async Task AnAssemblyForANewerRuntime_IsRefusedByName()
    {
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "\"fine\"");
        using (System.Reflection.PortableExecutable.PEReader reader = new(new MemoryStream(function.Bytes)))
        {
            // The row of the core library in the table of references begins with its major version.
            MetadataReader metadata = reader.GetMetadataReader();
            AssemblyReferenceHandle runtime = metadata.AssemblyReferences.First(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name) is "System.Runtime" or "System.Private.CoreLib");
            int row = MetadataTokens.GetRowNumber(runtime) - 1;
            function.Bytes[reader.PEHeaders.MetadataStartOffset + metadata.GetTableMetadataOffset(TableIndex.AssemblyRef) + (row * metadata.GetTableRowSize(TableIndex.AssemblyRef))] = 99;
        }

        ArtifactSession session = await SessionAsync("s", function);
        UdfFunctionNotFoundException exception = await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => RunAsync(session.Artifacts, function.Payload()));
        Assert.Contains("was built for .NET 99", exception.Message);
    }

    [Theory]
    [InlineData("Udf.Worker.Host", "9.0.0.0", "this worker has Udf.Worker.Host 0.1.0.0")]
    [InlineData("System.Text.Json", "99.0.0.0", "this worker has System.Text.Json 10.")]
    [InlineData("Microsoft.AspNetCore.Fictitious", "1.0.0.0", "start a worker that is built with that framework")]
    [Failure("a function was built against a newer version")]
    public async Task WhatAllSessionsShare_InANewerVersion_IsAnErrorThatSaysWhoAsks(string name, string version, string expected)
    {
        TestAssembly newer = TestAssembly.Compile(name, version, "public static class Library { public static string Say() => \"library\"; }");
        IEnumerable<Microsoft.CodeAnalysis.MetadataReference> references =
            [.. TestAssembly.PlatformReferences.Where(reference => Path.GetFileNameWithoutExtension(reference.Display) != name), Microsoft.CodeAnalysis.MetadataReference.CreateFromImage(newer.Bytes)];
        TestAssembly function = TestAssembly.Compile("Fn", "1.0.0.0", TestAssembly.FunctionSource("Library.Say()").Replace("using Udf.Worker.Host;", ""), references);
        ArtifactSession session = await SessionAsync("s", function);
        string message = (await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(session.Artifacts, function.Payload()))).ToString();
        Assert.Contains($"Fn asks for {name} {version}", message);
        Assert.Contains(expected, message);
    }
}
