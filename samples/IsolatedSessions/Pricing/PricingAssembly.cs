using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace IsolatedSessions.Pricing;

/// <summary>One version of the pricing assembly: all have the same name, and each has prices of its own.</summary>
internal sealed class PricingAssembly
{
    private PricingAssembly(int version, byte[] bytes, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> function)
    {
        Version = version;
        Bytes = bytes;
        Function = function;
    }

    public int Version { get; }

    public byte[] Bytes { get; }

    /// <summary>The function as this process has it; it is shipped, and never called here.</summary>
    public Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Function { get; }

    public static PricingAssembly Build(int version)
    {
        var compilation = CSharpCompilation.Create(
            "Pricing",
            [CSharpSyntaxTree.ParseText(SourceOf(version))],
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
                .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
                .Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release));
        using MemoryStream stream = new();
        if (compilation.Emit(stream) is { Success: false } result)
        {
            throw new InvalidOperationException(string.Join('\n', result.Diagnostics));
        }

        byte[] bytes = stream.ToArray();
        AssemblyLoadContext context = new($"the engine's Pricing {version}", isCollectible: true);
        var method = context.LoadFromStream(new MemoryStream(bytes)).GetType("Pricing.Prices", throwOnError: true)!.GetMethod("Quote")!;
        return new PricingAssembly(version, bytes, method.CreateDelegate<Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>>());
    }

    /// <summary>What a version asks for a quantity.</summary>
    public static int Price(int version, int quantity) => quantity * version * 100;

    private static string SourceOf(int version) => $$"""
        using System;
        using System.Reflection;
        using System.Runtime.Loader;
        using System.Text;
        [assembly: AssemblyVersion("{{version}}.0.0.0")]
        namespace Pricing;
        public static class Prices
        {
            // 8 MiB, so that it can be seen when they go.
            private static readonly int[] Table = Array.ConvertAll(new int[1 << 21], _ => {{version}} * 100);

            public static ReadOnlyMemory<byte> Quote(ReadOnlyMemory<byte> batch)
            {
                Assembly me = Assembly.GetExecutingAssembly();
                int quantity = int.Parse(Encoding.UTF8.GetString(batch.Span));
                return Encoding.UTF8.GetBytes($"{quantity * Table[quantity]}|{me.GetName().Version.Major}|{AssemblyLoadContext.GetLoadContext(me).Name}");
            }
        }
        """;
}
