using Udf.Worker.Artifacts;
using Udf.Worker.Testing;

namespace Udf.Worker.Isolation.Tests;

/// <summary>What belongs to assemblies and is none: fetched as they are.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001", Justification = "xunit calls DisposeAsync of IAsyncLifetime.")]
public sealed class FetchedKindsTests : SessionTest
{
    private readonly FileServer _server = new();

    public FetchedKindsTests() => Options.HttpInvoker = new HttpMessageInvoker(_server.Requests);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _server.Dispose();
    }

    [Fact]
    public async Task ResourcesAndSatellites_AreFetched()
    {
        TestAssembly function = TestAssembly.Compile(
            "Fn", "1.0.0.0", TestAssembly.FunctionSource("""
                new System.Resources.ResourceReader((text.Length == 0 ? Assembly.GetExecutingAssembly() : Assembly.GetExecutingAssembly().GetSatelliteAssembly(new System.Globalization.CultureInfo(text)))
                    .GetManifestResourceStream(text.Length == 0 ? "Fn.Texts.resources" : $"Fn.Texts.{text}.resources")).Cast<System.Collections.DictionaryEntry>().Single().Value
                """),
            TestAssembly.PlatformReferences, "", ("Fn.Texts.resources", TestAssembly.Resources("greeting", "hello")));
        _server.With("assemblies/Fn.dll", function.Bytes).With("assemblies/de/Fn.resources.dll", TestAssembly.Satellite("Fn", "de", "greeting", "hallo").Bytes);
        Assert.Equal("hello", await RunAsync(_server.Set("s"), function.Payload(), ""));
        Assert.Equal("hallo", await RunAsync(_server.Set("s"), function.Payload(), "de"));
        await Assert.ThrowsAsync<FileNotFoundException>(() => RunAsync(_server.Set("s"), function.Payload(), "fr"));
    }

    [Fact]
    public async Task Symbols_AreFetched()
    {
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "throw new InvalidOperationException(\"thrown\")");
        _server.With("assemblies/Fn.dll", function.Bytes).With("assemblies/Fn.pdb", function.Symbols);
        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(_server.Set("s"), function.Payload()));
        Assert.Contains("/src/Fn.cs:line 15", exception.ToString());
    }

    [Fact]
    public async Task NativeLibraries_AreFetched()
    {
        // Any library with a function that needs nothing; this one is there wherever .NET is.
        byte[] native = await File.ReadAllBytesAsync(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libSystem.Native.so"));
        TestAssembly function = TestAssembly.Compile("Fn", "1.0.0.0", """
            using System;
            using System.Runtime.InteropServices;
            using System.Text;
            public static class Function
            {
                [DllImport("udfprobe")]
                private static extern int SystemNative_GetPid();
                public static ReadOnlyMemory<byte> Run(ReadOnlyMemory<byte> batch) => Encoding.UTF8.GetBytes($"{SystemNative_GetPid()}");
            }
            """);
        _server.With("assemblies/Fn.dll", function.Bytes).With("assemblies/libudfprobe.so", native);
        Assert.Equal($"{Environment.ProcessId}", await RunAsync(_server.Set("s"), function.Payload()));
        await Assert.ThrowsAsync<DllNotFoundException>(() => RunAsync(_server.Set("without", path => path == "assemblies/Fn.dll"), function.Payload()));
    }

    [Fact]
    public async Task Dependencies_AreFetchedBeforeTheyAreAskedFor_SoThatTheEngineMayBeGoneThen()
    {
        TestAssembly library = TestAssembly.Compile("Library", "1.0.0.0", "public static class Library { public static string Say() => \"library\"; }");
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "text == \"late\" ? Library.Say() : \"early\"", library);
        _server.With("assemblies/Fn.dll", function.Bytes).With("assemblies/Library.dll", library.Bytes);
        ArtifactSet set = _server.Set("s");
        Assert.Equal("early", await RunAsync(set, function.Payload(), "early"));
        _server.Requests.Answer = (_, _) => throw new HttpRequestException("gone");
        Assert.Equal("library", await RunAsync(set, function.Payload(), "late"));
    }
}
