using Udf.Worker.Artifacts;
using Udf.Worker.Host;
using Udf.Worker.Isolation.Functions;
using Udf.Worker.Testing;

namespace Udf.Worker.Isolation.Tests;

/// <summary>From a delegate in this process to its answer in a session's load context.</summary>
public sealed class ShippingTests : SessionTest
{
    [Fact]
    public async Task AStaticMethod_RunsInTheSessionsContext()
    {
        Assert.Equal("ABC", await ShipAsync(UdfPayload.FromDelegate(ShippedLambdas.Upper), "abc"));
        string where = await ShipAsync(UdfPayload.FromDelegate(ShippedLambdas.Where), "");
        Assert.StartsWith("udf session ", where);
        Assert.EndsWith(" e1", where);
    }

    [Fact]
    public async Task ALambda_WithoutState_Runs() => Assert.Equal("cba", await ShipAsync(UdfPayload.FromDelegate(ShippedLambdas.Stateless()), "abc"));

    [Fact]
    public async Task ALambda_KeepsItsVariablesAsTheyAreNow_AndEachExecutionHasItsOwnCopy()
    {
        UdfPayload payload = UdfPayload.FromDelegate(ShippedLambdas.Price(new Tariff { Rate = 1.5, Currency = "EUR" }, [1, 2], null));
        ArtifactSession session = await SessionWithAsync(payload);
        await using UdfFunctionLease first = await BeginAsync(session.Artifacts, payload.Payload);
        Assert.Equal("12 EUR - 1", await ProcessAsync(first, "10"));
        Assert.Equal("27 EUR - 2", await ProcessAsync(first, "20"));
        await using UdfFunctionLease second = await BeginAsync(session.Artifacts, payload.Payload);
        Assert.Equal("12 EUR - 1", await ProcessAsync(second, "10"));
    }

    [Fact]
    public async Task ALambda_InNestedScopes_KeepsThoseOfAll() => Assert.Equal("7+2", await ShipAsync(UdfPayload.FromDelegate(ShippedLambdas.Nested(7)), ""));

    [Fact]
    public async Task ALambda_OfOtherShapes_Runs()
    {
        Assert.Equal("abc!", await ShipAsync(UdfPayload.FromDelegate(ShippedLambdas.Asynchronous("!")), "abc"));
        Assert.Equal("x x x", await ShipAsync(UdfPayload.FromDelegate(ShippedLambdas.Many(3)), "x"));
    }

    [Fact]
    public async Task AFunctionObject_TravelsWithItsFields_AndItsConstructorDoesNotRunAgain()
    {
        UdfPayload payload = UdfPayload.FromFunction(new CountingFunction("n:") { Limit = 9 });
        ArtifactSession session = await SessionWithAsync(payload);
        await using UdfFunctionLease lease = await BeginAsync(session.Artifacts, payload.Payload);

        // The last number counts constructors in the session's own copy of the class.
        Assert.Equal("n:x=1/9 0", await ProcessAsync(lease, "x"));
        Assert.Equal("n:x=2/9 0", await ProcessAsync(lease, "x"));
        Assert.Equal("n:start=2/9 0", await ProcessAsync(lease, "start"));
    }

    [Fact]
    public async Task WithoutASession_TheWorkersOwnAssemblyRuns()
    {
        WorkerPayload payload = UdfPayload.FromDelegate(ShippedLambdas.Where).Payload;
        Assert.StartsWith("Default", await RunAsync(null, payload));
        Assert.Equal(0, Sessions.Count);
    }

    [Fact]
    public void Assemblies_AreCollected_UpToTheFrameworkAndTheKit()
    {
        UdfPayload payload = UdfPayload.FromDelegate(ShippedLambdas.Upper);
        Assert.Equal(["assemblies/Udf.Worker.Isolation.Functions.dll", "assemblies/Udf.Worker.Isolation.Functions.pdb"], payload.Assemblies.Select(addition => addition.Path));

        // Transitively: what this very assembly refers to.
        string[] mine = [.. UdfPayload.FromDelegate((ReadOnlyMemory<byte> batch) => batch[..Math.Min(batch.Length, 1)]).Assemblies.Select(addition => addition.Path)];
        Assert.Contains("assemblies/Udf.Worker.Isolation.Tests.dll", mine);
        Assert.Contains("assemblies/Udf.Worker.Testing.dll", mine);
        Assert.Contains("assemblies/Microsoft.CodeAnalysis.CSharp.dll", mine);
        Assert.DoesNotContain(mine, path => path.Contains("/System.Runtime", StringComparison.Ordinal) || path.Contains("Udf.Worker.Host", StringComparison.Ordinal) || path.Contains("Udf.Worker.Core", StringComparison.Ordinal));
    }

    [Fact]
    public void Payload_OfTheSameFunctionAndState_IsTheSame()
    {
        WorkerPayload Make(double rate) => UdfPayload.FromDelegate(ShippedLambdas.Price(new Tariff { Rate = rate }, [], null)).Payload;
        Assert.Equal(Make(1).Identity, Make(1).Identity);
        Assert.NotEqual(Make(1).Identity, Make(2).Identity);
        Assert.Equal("dotnet.function", Make(1).Format);
    }

    [Fact]
    [Failure("a function cannot be shipped")]
    public void WhatCannotTravel_IsNamedWithItsPath()
    {
        Check(() => UdfPayload.FromDelegate(new ShippedLambdas().CapturesThis()), "_log", "TextWriter");
        Check(() => UdfPayload.FromDelegate(ShippedLambdas.Keeps("text")), "thing", "object");
        Check(() => UdfPayload.FromDelegate(ShippedLambdas.KeepsDelegate(() => 1)), "thing", "delegate");
        Check(() => UdfPayload.FromDelegate(ShippedLambdas.KeepsStream(Stream.Null)), "thing", "Dispose");
        Check(() => UdfPayload.FromDelegate(ShippedLambdas.KeepsBase(new SpecialTariff())), "thing", "declared as");
        Check(() => UdfPayload.FromDelegate(ShippedLambdas.KeepsReadOnly(new ReadOnlyThing().Set(3))), "thing", "does not survive");
        Check(() => UdfPayload.FromFunction(new LoggingFunction(Logs.CreateLogger("x"))), "_logger", "System.Text.Json");
        Assert.NotNull(UdfPayload.FromDelegate(ShippedLambdas.Keeps(null)));

        static void Check(Func<UdfPayload> ship, string path, string reason)
        {
            UdfPayloadException exception = Assert.Throws<UdfPayloadException>(ship);
            Assert.Equal(path, exception.Path);
            Assert.Contains(path, exception.Message);
            Assert.Contains(reason, exception.Message);
        }
    }

    [Fact]
    public void WhatWouldBeLostOnTheWay_IsNamedWithItsPath()
    {
        PrivateCounter counter = new();
        counter.Increment();
        Check(ShippedStates.Keeps(counter), "thing._count");
        Check(ShippedStates.Keeps(new List<Tariff> { new(), new SpecialTariff { Bonus = 1 } }), "thing[1]");
        Check(ShippedStates.Keeps(new List<object> { "text" }), "thing[0]");
        Check(ShippedStates.Keeps(new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["X"] = 1 }), "thing.Comparer");
        Check(ShippedStates.Keeps(new System.Text.StringBuilder("text")), "thing.");
        Check(ShippedStates.Keeps(new Random(5)), "thing.");

        // The same types, with nothing to lose.
        Assert.NotNull(UdfPayload.FromDelegate(ShippedStates.Keeps(new PrivateCounter())));
        Assert.NotNull(UdfPayload.FromDelegate(ShippedStates.Keeps(new List<Tariff> { new(), new() })));
        Assert.NotNull(UdfPayload.FromDelegate(ShippedStates.Keeps(new Dictionary<string, int> { ["x"] = 1 })));

        static void Check(Delegate function, string path)
        {
            UdfPayloadException exception = Assert.Throws<UdfPayloadException>(() => UdfPayload.FromDelegate(function));
            Assert.StartsWith(path, exception.Path);
            Assert.Contains($"'{exception.Path}'", exception.Message);
            Assert.Contains("does not survive there and back", exception.Message);
        }
    }

    [Fact]
    public async Task ValuesOfManyKinds_ArriveAsTheyWere()
    {
        Portfolio portfolio = new("p", new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), new Guid("00112233445566778899aabbccddeeff"), DayOfWeek.Friday, null)
        {
            Tariffs = { ["a"] = new Tariff { Rate = 1.5 }, ["b"] = new Tariff { Rate = double.PositiveInfinity } },
            Notes = ["n1", "n2"],
            Tags = ["t"],
            Range = (1, 2),
            Bytes = new byte[] { 1, 2, 3 },
            Rows = [[1, 2], [3]],
        };
        string expected = portfolio.Describe();
        Assert.Equal(expected, await ShipAsync(UdfPayload.FromDelegate(ShippedStates.Keeps(portfolio)), ""));
    }

    [Fact]
    public async Task StateThatNamesAnotherType_MakesNoneOfIt()
    {
        UdfPayload payload = UdfPayload.FromDelegate(ShippedStates.TypeOf(new Tariff()));
        string text = System.Text.Encoding.UTF8.GetString(payload.Payload.Content.Span);
        string other = typeof(SpecialTariff).AssemblyQualifiedName!;
        Assert.DoesNotContain("Tariff,", text);
        WorkerPayload forged = new(UdfPayload.Format, System.Text.Encoding.UTF8.GetBytes(text.Replace("\"Rate\"", $"\"$type\":\"{other}\",\"Rate\"")));
        Assert.NotEqual(payload.Payload.Content.Length, forged.Content.Length);
        Assert.Equal("Tariff", await RunAsync((await SessionWithAsync(payload)).Artifacts, forged));
    }

    [Fact]
    public void WhatIsNoFunctionToShip_IsRefused()
    {
        Assert.Contains("generic", Assert.Throws<UdfPayloadException>(() => UdfPayload.FromDelegate(ShippedLambdas.Generic(1))).Message);
        Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> twice = ShippedLambdas.Stateless();
        Assert.Throws<UdfPayloadException>(() => UdfPayload.FromDelegate(twice + twice));
        Assert.Throws<ArgumentException>(() => UdfPayload.FromFunction("text"));
        System.Linq.Expressions.Expression<Func<int>> expression = () => 1;
        Assert.Throws<UdfPayloadException>(() => UdfPayload.FromDelegate(expression.Compile()));
    }

    [Fact]
    public async Task AFunctionOfTheWrongShape_IsRefusedByTheWorker()
    {
        UdfPayload payload = UdfPayload.FromDelegate(new Func<double, double>(Math.Sqrt));
        UdfFunctionNotFoundException exception = await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => RunAsync(null, payload.Payload));
        Assert.Contains("cannot be a function", exception.Message);
    }

    [Fact]
    [Failure("the function was shipped from another build")]
    public async Task StateOfAnotherBuild_IsRefused()
    {
        WorkerPayload good = UdfPayload.FromDelegate(ShippedLambdas.Nested(7)).Payload;
        string text = System.Text.Encoding.UTF8.GetString(good.Content.Span);
        WorkerPayload bad = new(UdfPayload.Format, System.Text.Encoding.UTF8.GetBytes(text.Replace("\"inner\":2", "\"other\":2")));
        Assert.Contains("inner", (await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => RunAsync(null, bad))).Message);
        bad = new(UdfPayload.Format, System.Text.Encoding.UTF8.GetBytes(text.Replace("\"inner\":2", "\"inner\":\"x\"")));
        Assert.Contains("cannot be read as System.Int32", (await Assert.ThrowsAsync<UdfFunctionNotFoundException>(() => RunAsync(null, bad))).Message);
    }

    private async Task<string> ShipAsync(UdfPayload payload, string batch) => await RunAsync((await SessionWithAsync(payload)).Artifacts, payload.Payload, batch);

    private async Task<ArtifactSession> SessionWithAsync(UdfPayload payload)
    {
        // This process has the functions too, as it is engine and worker in one; only so it is the session's copy that runs.
        Options.LoadOrder = AssemblyLoadOrder.OwnFirst;
        ArtifactSession session = Store.GetOrCreateSession("u", "s");
        await payload.AddToAsync(session);
        return session;
    }
}
