using Udf.Worker.Artifacts;
using Udf.Worker.Host;
using Udf.Worker.Testing;

namespace Udf.Worker.Isolation.Tests;

public sealed class LoadingTests : SessionTest
{
    [Fact]
    public async Task TwoSessions_WithTwoVersionsOfOneAssembly_EachRunTheirOwn_AtTheSameTime()
    {
        TestAssembly one = TestAssembly.Function("Pricing", "1.0.0.0", "\"one \" + text");
        TestAssembly two = TestAssembly.Function("Pricing", "2.0.0.0", "\"two \" + text");
        ArtifactSession a = await SessionAsync("a", one);
        ArtifactSession b = await SessionAsync("b", two);
        await using UdfFunctionLease ofA = await BeginAsync(a.Artifacts, one.Payload());
        await using UdfFunctionLease ofB = await BeginAsync(b.Artifacts, two.Payload());
        for (int batch = 0; batch < 3; batch++)
        {
            Assert.Equal($"one {batch}", await ProcessAsync(ofA, $"{batch}"));
            Assert.Equal($"two {batch}", await ProcessAsync(ofB, $"{batch}"));
        }
    }

    [Fact]
    public async Task OneSession_AgainAndAgain_LoadsItsAssemblyOnce()
    {
        TestAssembly counter = TestAssembly.Compile("Counter", "1.0.0.0", """
            using System;
            using System.Text;
            public static class Function
            {
                private static int _calls;
                public static ReadOnlyMemory<byte> Run(ReadOnlyMemory<byte> batch) => Encoding.UTF8.GetBytes($"{++_calls}");
            }
            """);
        ArtifactSession session = await SessionAsync("s", counter);
        Assert.Equal("1", await RunAsync(session.Artifacts, counter.Payload()));
        Assert.Equal("2", await RunAsync(session.Artifacts, counter.Payload()));

        // More artifacts do not change what is there.
        await session.AddAsync("files/x", new byte[1]);
        Assert.Equal("3", await RunAsync(session.Artifacts, counter.Payload()));
        Assert.Equal(1, Sessions.Count);
    }

    [Fact]
    public async Task AClassThatIsReplaced_IsLoadedAnew_AndWhatRunsKeepsTheOld()
    {
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        TestAssembly first = TestAssembly.Function("Line", "1.0.0.0", "\"first\"");
        TestAssembly second = TestAssembly.Function("Line", "1.0.0.0", "\"second\"");
        await session.AddAsync("classes/Line.dll", first.Bytes);
        await using UdfFunctionLease running = await BeginAsync(session.Artifacts, first.Payload());
        await session.AddAsync("classes/Line.dll", second.Bytes);
        Assert.Equal("second", await RunAsync(session.Artifacts, first.Payload()));
        Assert.Equal("first", await ProcessAsync(running, ""));
    }

    [Fact]
    public async Task Dependencies_ComeFromTheSession_AlsoThoseAddedLater()
    {
        TestAssembly library = TestAssembly.Compile("Library", "1.0.0.0", "public static class Library { public static string Say() => \"library\"; }");
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "Library.Say()", library);
        ArtifactSession session = await SessionAsync("s", function);
        await using UdfFunctionLease lease = await BeginAsync(session.Artifacts, function.Payload());
        await session.AddAsync("assemblies/lib/Library.dll", library.Bytes);
        await using UdfFunctionLease later = await BeginAsync(session.Artifacts, function.Payload());
        Assert.Equal("library", await ProcessAsync(later, ""));
    }

    [Theory]
    [InlineData(AssemblyLoadOrder.ParentFirst, "0.0.1.0", "worker 0.1.0.0")]
    [InlineData(AssemblyLoadOrder.ParentFirst, "9.0.0.0", "session 9.0.0.0")]
    [InlineData(AssemblyLoadOrder.OwnFirst, "0.0.1.0", "session 0.0.1.0")]
    [InlineData(AssemblyLoadOrder.OwnFirst, "9.0.0.0", "session 9.0.0.0")]
    public async Task AnAssemblyThatTheWorkerHasToo_ComesFromWhereTheOrderSays(AssemblyLoadOrder order, string version, string expected)
    {
        Options.LoadOrder = order;
        TestAssembly library = TestAssembly.Compile("Udf.Worker.Testing", version, "public static class Library { }");
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", $$"""
            Assembly.Load("Udf.Worker.Testing, Version={{version}}") is { } found
                ? (AssemblyLoadContext.GetLoadContext(found) == AssemblyLoadContext.GetLoadContext(Assembly.GetExecutingAssembly()) ? "session " : "worker ") + found.GetName().Version : ""
            """);
        ArtifactSession session = await SessionAsync("s", function, library);
        Assert.Equal(expected, await RunAsync(session.Artifacts, function.Payload()));
    }

    [Fact]
    public async Task OwnFirst_WithoutOneOfItsOwn_TakesTheWorkers()
    {
        Options.LoadOrder = AssemblyLoadOrder.OwnFirst;
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "Assembly.Load(\"Udf.Worker.Testing\").GetName().Version");
        ArtifactSession session = await SessionAsync("s", function);
        Assert.Equal("0.1.0.0", await RunAsync(session.Artifacts, function.Payload()));
    }

    [Fact]
    public async Task TheFramework_AndTheKit_AreAlwaysTheWorkers()
    {
        Options.LoadOrder = AssemblyLoadOrder.OwnFirst;
        TestAssembly fake = TestAssembly.Compile("System.Text.Json", "99.0.0.0", "public static class Library { }");
        TestAssembly fakeHost = TestAssembly.Compile("Udf.Worker.Host", "0.1.0.0", "public static class Library { }");
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", """
            typeof(System.Text.Json.JsonSerializer).Assembly.GetName().Name + " " + AssemblyLoadContext.GetLoadContext(typeof(System.Text.Json.JsonSerializer).Assembly).Name
                + " " + AssemblyLoadContext.GetLoadContext(typeof(UdfFunction).Assembly).Name
            """);
        ArtifactSession session = await SessionAsync("s", function, fake, fakeHost);
        Assert.Equal("System.Text.Json Default Default", await RunAsync(session.Artifacts, function.Payload()));
    }

    [Fact]
    public async Task ResourcesAndSatellites_AreTheSessions()
    {
        TestAssembly neutral = TestAssembly.Compile(
            "Fn", "1.0.0.0", TestAssembly.FunctionSource("""
                new System.Resources.ResourceReader((text.Length == 0 ? Assembly.GetExecutingAssembly() : Assembly.GetExecutingAssembly().GetSatelliteAssembly(new System.Globalization.CultureInfo(text)))
                    .GetManifestResourceStream(text.Length == 0 ? "Fn.Texts.resources" : $"Fn.Texts.{text}.resources")).Cast<System.Collections.DictionaryEntry>().Single().Value
                """),
            TestAssembly.PlatformReferences, "", ("Fn.Texts.resources", TestAssembly.Resources("greeting", "hello")));
        ArtifactSession session = await SessionAsync("s", neutral);
        await session.AddAsync("assemblies/de/Fn.resources.dll", TestAssembly.Satellite("Fn", "de", "greeting", "hallo").Bytes);
        Assert.Equal("hello", await RunAsync(session.Artifacts, neutral.Payload(), ""));
        Assert.Equal("hallo", await RunAsync(session.Artifacts, neutral.Payload(), "de"));
        await Assert.ThrowsAsync<FileNotFoundException>(() => RunAsync(session.Artifacts, neutral.Payload(), "fr"));
    }

    [Fact]
    public async Task Symbols_GiveLinesToStackTraces()
    {
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "throw new InvalidOperationException(\"thrown\")");
        ArtifactSession session = await SessionAsync("s", function);
        await session.AddAsync("assemblies/Fn.pdb", function.Symbols);
        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(session.Artifacts, function.Payload()));
        Assert.Contains("/src/Fn.cs:line 15", exception.ToString());
    }

    [Theory]
    [InlineData("assemblies/libudfprobe.so")]
    [InlineData("assemblies/runtimes/{0}/native/libudfprobe.so")]
    public async Task NativeLibraries_AreTheSessions(string path)
    {
        // Any library with a function that needs nothing; this one is there wherever .NET is.
        string native = Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libSystem.Native.so");
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
        ArtifactSession with = await SessionAsync("with", function);
        await with.AddFileAsync(string.Format(path, System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier), native);
        Assert.Equal($"{Environment.ProcessId}", await RunAsync(with.Artifacts, function.Payload()));
        ArtifactSession without = await SessionAsync("without", function);
        await Assert.ThrowsAsync<DllNotFoundException>(() => RunAsync(without.Artifacts, function.Payload()));
    }

    [Fact]
    public async Task OtherBytesThanAnnounced_AreNotLoaded_AndThatIsNotRemembered()
    {
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "\"fine\"");
        ArtifactSession session = await SessionAsync("s", function);
        string file = Path.Combine(session.Directory, "assemblies/Fn.dll");
        File.WriteAllBytes(file, TestAssembly.Function("Fn", "1.0.0.0", "\"forged\"").Bytes);
        UdfFunctionNotFoundException exception = await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => RunAsync(session.Artifacts, function.Payload()));
        Assert.Contains("SHA-256", exception.Message);
        File.Delete(file);
        exception = await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => RunAsync(session.Artifacts, function.Payload()));
        Assert.True(exception.Message.Contains($"is not at {file}"), exception.ToString());
        File.WriteAllBytes(file, function.Bytes);
        Assert.Equal("fine", await RunAsync(session.Artifacts, function.Payload()));
    }

    [Fact]
    public async Task ConcurrentLoads_OfOneName_LoadOnce()
    {
        TestAssembly library = TestAssembly.Compile("Library", "1.0.0.0", "public static class Library { public static object Token = new(); }");
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(Library.Token)", library);
        ArtifactSession session = await SessionAsync("s", function, library);
        _ = Sessions;
        using Barrier barrier = new(8);
        string[] tokens = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(() =>
        {
            barrier.SignalAndWait();
            return RunAsync(session.Artifacts, function.Payload());
        }, TaskCreationOptions.LongRunning).Unwrap()));
        Assert.Single(tokens.Distinct());
    }

    [Theory]
    [InlineData("no JSON", "is no shipped function")]
    [InlineData("""{"version":2,"assembly":"Fn","type":"Function"}""", "version 2")]
    [InlineData("""{"version":1,"assembly":"","type":"Function"}""", "is empty")]
    [InlineData("""{"version":1,"assembly":"Fn","type":"Nothing"}""", "has no type 'Nothing'")]
    [InlineData("""{"version":1,"assembly":"Fn","type":"Function","method":"Walk"}""", "has no method Walk()")]
    [InlineData("""{"version":1,"assembly":"Fn","type":"Function"}""", "no function class")]
    [InlineData("""{"version":1,"assembly":"Other","type":"Function"}""", "'Other', cannot be loaded")]
    public async Task APayloadThatNamesNoFunction_SaysWhy(string payload, string expected)
    {
        ArtifactSession session = await SessionAsync("s", TestAssembly.Function("Fn", "1.0.0.0", "\"fine\""));
        UdfFunctionNotFoundException exception = await Assert.ThrowsAsync<UdfFunctionNotFoundException>(
            () => RunAsync(session.Artifacts, new WorkerPayload(UdfPayload.Format, System.Text.Encoding.UTF8.GetBytes(payload))));
        Assert.Contains(expected, exception.Message);
    }

    [Fact]
    [Failure("an execution has udf.session")]
    public async Task ASessionWithoutItsArtifacts_OrWithThoseOfAnother_SaysSo()
    {
        TestAssembly function = TestAssembly.Function("Fn", "1.0.0.0", "\"fine\"");
        ArtifactSession session = await SessionAsync("s", function);
        UdfContext Context(params (string, string)[] task) => new() { Payload = function.Payload(), TaskContext = task.ToDictionary(pair => pair.Item1, pair => pair.Item2) };
        Assert.Contains("udf.artifacts", (await Assert.ThrowsAsync<UdfFunctionNotFoundException>(
            async () => await Sessions.ResolveAsync(Context(("udf.session", "s")), default))).Message);
        Assert.Contains("'other'", (await Assert.ThrowsAsync<UdfFunctionNotFoundException>(
            async () => await Sessions.ResolveAsync(Context(("udf.session", "other"), ("udf.artifacts", session.Artifacts.ToText())), default))).Message);
        Assert.Null(await Sessions.ResolveAsync(new UdfContext { Payload = new WorkerPayload("udf.echo") }, default));
        Assert.Equal(0, Sessions.Count);
    }
}
