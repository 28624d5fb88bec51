using Udf.Worker.Direct.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

public sealed class SessionInitResolverTests
{
    private static readonly WorkerInit Init = new(new WorkerPayload("test"));
    private static readonly Dictionary<string, string> Nothing = [];

    [Fact]
    public void Resolve_NoDataFormatAsked_TakesTheFirstThatIsDeclared() =>
        Assert.Equal(WorkerDataFormat.Arrow, Resolve(Scripts.Worker().WithDataFormats(WorkerDataFormat.Arrow, WorkerDataFormat.Raw)).DataFormat);

    [Fact]
    public void Resolve_DeclaredDataFormatAsked_TakesIt() =>
        Assert.Equal(
            WorkerDataFormat.Raw,
            Resolve(Scripts.Worker().WithDataFormats(WorkerDataFormat.Arrow, WorkerDataFormat.Raw), Init with { DataFormat = WorkerDataFormat.Raw }).DataFormat);

    [Fact]
    public void Resolve_OtherDataFormatAsked_NamesThoseThatAreDeclared()
    {
        var error = Assert.Throws<WorkerInitException>(() => Resolve(Scripts.Worker().WithDataFormats(WorkerDataFormat.Raw), Init with { DataFormat = WorkerDataFormat.Arrow }));
        Assert.Contains("The data format Arrow is not one that the worker declares (Raw;", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_StaticConfiguration_IsAddedAndTheCallerWins()
    {
        WorkerSpecification specification = Scripts.Worker().WithStaticConfig("a", "static").WithStaticConfig("b", "static");
        WorkerInit resolved = Resolve(specification, Init with { Configuration = new Dictionary<string, string> { ["b"] = "caller", ["c"] = "caller" } });
        Assert.Equal([("a", "static"), ("b", "caller"), ("c", "caller")], Sorted(resolved.Configuration));
    }

    [Fact]
    public void Resolve_DynamicConfiguration_IsCopiedWhereItIsAskedFor()
    {
        WorkerSpecification specification = Scripts.Worker().WithDynamicConfig("asked", isRequired: true).WithDynamicConfig("optional");
        WorkerInit resolved = Resolve(specification, dynamic: new() { ["asked"] = "1", ["unasked"] = "2" });
        Assert.Equal([("asked", "1")], Sorted(resolved.Configuration));
    }

    [Fact]
    [Failure("the data format, a required setting or directory")]
    public void Resolve_RequiredSettingIsMissing_NamesItAndTheOption()
    {
        var error = Assert.Throws<WorkerInitException>(() => Resolve(Scripts.Worker().WithDynamicConfig("asked", isRequired: true)));
        Assert.Contains("'asked'", error.Message, StringComparison.Ordinal);
        Assert.Contains("DirectWorkerOptions.DynamicConfiguration", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_RequiredSettingComesFromTheCaller_IsEnough() =>
        Assert.Equal(
            [("asked", "caller")],
            Sorted(Resolve(Scripts.Worker().WithDynamicConfig("asked", isRequired: true), Init with { Configuration = new Dictionary<string, string> { ["asked"] = "caller" } }).Configuration));

    [Fact]
    public void Resolve_EnvironmentReferences_TakeVariableThenDefaultThenNothing()
    {
        WorkerSpecification specification = Scripts.Worker()
            .WithEnvironmentVariableReference("SET", "HOST_SET", "default")
            .WithEnvironmentVariableReference("DEFAULTED", "HOST_UNSET", "default")
            .WithEnvironmentVariableReference("OMITTED", "HOST_UNSET");
        WorkerInit resolved = Resolve(specification, readEnvironment: name => name == "HOST_SET" ? "host" : null);
        Assert.Equal([("DEFAULTED", "default"), ("SET", "host")], Sorted(resolved.EnvironmentVariables));
    }

    [Fact]
    public void Resolve_RequiredDirectories_AreFilledIn() =>
        Assert.Equal([("models", "/srv/models")], Sorted(Resolve(Scripts.Worker().WithRequiredResourceDirectories("models"), directories: new() { ["models"] = "/srv/models", ["other"] = "/" }).ResourceDirectories));

    [Fact]
    public void Resolve_RequiredDirectoryIsMissing_NamesItAndTheOption()
    {
        var error = Assert.Throws<WorkerInitException>(() => Resolve(Scripts.Worker().WithRequiredResourceDirectories("models")));
        Assert.Contains("'models'", error.Message, StringComparison.Ordinal);
        Assert.Contains("DirectWorkerOptions.ResourceDirectories", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Init_OfASession_IsCompletedFromOptionsAndSpecification()
    {
        var options = new DirectWorkerOptions { DynamicConfiguration = { ["asked"] = "1" } };
        await using var dispatcher = new FakeDispatcher(Scripts.Worker().WithDynamicConfig("asked", isRequired: true).WithStaticConfig("fixed", "2"), options);
        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        await session.InitAsync(Init).DefaultTimeout();

        Assert.Equal([("asked", "1"), ("fixed", "2")], Sorted(session.Sent!.Configuration));
        Assert.Equal(WorkerDataFormat.Raw, session.Sent.DataFormat);
    }

    private static WorkerInit Resolve(
        WorkerSpecification specification,
        WorkerInit? init = null,
        Dictionary<string, string>? dynamic = null,
        Dictionary<string, string>? directories = null,
        Func<string, string?>? readEnvironment = null) =>
        new SessionInitResolver(specification, dynamic ?? Nothing, directories ?? Nothing, readEnvironment ?? (static _ => null)).Resolve(init ?? Init);

    private static IEnumerable<(string Key, string Value)> Sorted(IReadOnlyDictionary<string, string> map) =>
        map.Select(entry => (entry.Key, entry.Value)).OrderBy(entry => entry.Key, StringComparer.Ordinal);
}
