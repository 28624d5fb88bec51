using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;
using Udf.Worker.Artifacts;
using Udf.Worker.Artifacts.Internal;

namespace Udf.Worker.Isolation.Tests;

/// <summary>An assembly that a test has made: its bytes and its symbols.</summary>
internal sealed record TestAssembly(string Name, string Version, byte[] Bytes, byte[] Symbols)
{
    internal static readonly MetadataReference[] PlatformReferences =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(path) is "Udf.Worker.Host.dll" or "Udf.Worker.Core.dll" or "netstandard.dll")
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    internal static TestAssembly Compile(string name, string version, string source, params TestAssembly[] references) =>
        Compile(name, version, source, [.. PlatformReferences, .. references.Select(reference => MetadataReference.CreateFromImage(reference.Bytes))]);

    internal static TestAssembly Compile(
        string name, string version, string source, IEnumerable<MetadataReference> references, string culture = "", params (string Name, byte[] Content)[] resources)
    {
        string attributes = version.Length == 0 ? "" : $"[assembly: System.Reflection.AssemblyVersion(\"{version}\")]\n";
        attributes += culture.Length == 0 ? "" : $"[assembly: System.Reflection.AssemblyCulture(\"{culture}\")]\n";
        var compilation = CSharpCompilation.Create(
            name,
            [
                CSharpSyntaxTree.ParseText(attributes),
                CSharpSyntaxTree.ParseText(SourceText.From(source, Encoding.UTF8), path: $"/src/{name}.cs"),
            ],
            references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Debug, allowUnsafe: true));
        using MemoryStream assembly = new();
        using MemoryStream symbols = new();
        EmitResult result = compilation.Emit(
            assembly, symbols, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb, runtimeMetadataVersion: "v4.0.30319"),
            manifestResources: resources.Select(resource => new ResourceDescription(resource.Name, () => new MemoryStream(resource.Content), isPublic: true)));
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        return new TestAssembly(name, version, assembly.ToArray(), symbols.ToArray());
    }

    /// <summary>A satellite of an assembly, with one text.</summary>
    internal static TestAssembly Satellite(string name, string culture, string key, string value) =>
        Compile($"{name}.resources", "1.0.0.0", "", PlatformReferences, culture, ($"{name}.Texts.{culture}.resources", Resources(key, value)));

    internal static byte[] Resources(string key, string value)
    {
        using MemoryStream stream = new();
        using (System.Resources.ResourceWriter writer = new(stream))
        {
            writer.AddResource(key, value);
        }

        return stream.ToArray();
    }

    /// <summary>A function that answers with what an expression gives, as text; <c>text</c> is the batch.</summary>
    internal static TestAssembly Function(string name, string version, string expression, params TestAssembly[] references) =>
        Compile(name, version, FunctionSource(expression), references);

    internal static string FunctionSource(string expression) => $$"""
        using System;
        using System.IO;
        using System.Linq;
        using System.Reflection;
        using System.Runtime.Loader;
        using System.Text;
        using Udf.Worker.Host;
        public static class Function
        {
            public static ReadOnlyMemory<byte> Run(ReadOnlyMemory<byte> batch)
            {
                string text = Encoding.UTF8.GetString(batch.Span);
                return Encoding.UTF8.GetBytes(Answer(text)?.ToString() ?? "null");
            }
            private static object Answer(string text) => {{expression}};
        }
        """;

    /// <summary>The payload that names <c>Function.Run</c> of this assembly.</summary>
    internal WorkerPayload Payload(string? version = null) => new(
        UdfPayload.Format,
        new FunctionDescriptor($"{Name}, Version={version ?? Version}", "Function", "Run", ["System.ReadOnlyMemory`1[System.Byte]"], null).ToBytes());
}
