using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests;

public sealed class EnvironmentKeyTests
{
    private static readonly WorkerEnvironment Plain = new() { Installation = ProcessCallable.Create("install", "a", "b") };

    [Fact]
    public void Of_SameContent_IsTheSame()
    {
        var one = new WorkerEnvironment { Installation = ProcessCallable.Create("install", "a") with { EnvironmentVariables = Map(("X", "1"), ("Y", "2")) } };
        var other = new WorkerEnvironment
        {
            Installation = new ProcessCallable { Command = ["install", "a"], EnvironmentVariables = Map(("Y", "2"), ("X", "1")) },
        };

        Assert.Equal(EnvironmentKey.Of(one), EnvironmentKey.Of(other));
        Assert.Matches("^[0-9a-f]{64}$", EnvironmentKey.Of(one));
    }

    [Fact]
    public void Of_AnyOtherContent_IsAnother()
    {
        ProcessCallable callable = Plain.Installation!;
        WorkerEnvironment[] all =
        [
            Plain,
            new() { Verification = callable },
            new() { Cleanup = callable },
            Plain with { Verification = callable },
            Plain with { Cleanup = callable },
            new() { Installation = ProcessCallable.Create("install", "ab") },
            new() { Installation = ProcessCallable.Create("installa", "b") },
            new() { Installation = ProcessCallable.Create("install", "a", "b", "") },
            new() { Installation = ProcessCallable.Create("install", "b", "a") },
            new() { Installation = callable with { EnvironmentVariables = Map(("X", "1")) } },
            new() { Installation = callable with { EnvironmentVariables = Map(("X", "2")) } },
            new() { Installation = callable with { EnvironmentVariables = Map(("X1", "")) } },
        ];

        Assert.Equal(all.Length, all.Select(EnvironmentKey.Of).Distinct().Count());
    }

    private static ValueMap<string, string> Map(params (string Name, string Value)[] variables) =>
        [.. variables.Select(static variable => KeyValuePair.Create(variable.Name, variable.Value))];
}
