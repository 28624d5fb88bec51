namespace Udf.Worker.Core.Tests.Specification;

public class WorkerSpecificationEqualityTests
{
    public static TheoryData<string, Func<WorkerSpecification, WorkerSpecification>> OneChange => new()
    {
        { "no environment", s => s with { Environment = null } },
        { "no installation", s => s.WithInstallation(null) },
        { "no verification", s => s.WithVerification(null) },
        { "no cleanup", s => s.WithCleanup(null) },
        { "no capabilities", s => s with { Capabilities = null } },
        { "order of formats", s => s.WithDataFormats(WorkerDataFormat.Raw, WorkerDataFormat.Arrow) },
        { "no patterns", s => s with { Capabilities = s.Capabilities! with { CommunicationPatterns = [] } } },
        { "concurrency not said", s => s with { Capabilities = s.Capabilities! with { SupportsConcurrentUdfs = null } } },
        { "no reuse", s => s.WithReuse(false) },
        { "manage not independent", s => s.WithIndependentManage(false) },
        { "no direct worker", s => s with { Direct = null } },
        { "another command", s => s.WithRunner(s.Direct!.Runner! with { Command = ["python3"] }) },
        { "another argument", s => s.WithRunner(s.Direct!.Runner! with { Arguments = ["worker.py"] }) },
        { "another variable", s => s.WithEnvironmentVariable("A", "3") },
        { "another initialization timeout", s => s.WithInitializationTimeout(TimeSpan.FromSeconds(2)) },
        { "no graceful termination timeout", s => s.WithGracefulTerminationTimeout(null) },
        { "another kind of connection", s => s.OverTcp() },
        { "another name of the connection", s => s.OverCustom("other", [new("cid", "3"), new("a.b", "x")]) },
        { "another setting of the connection", s => s.OverCustom("vsock", [new("cid", "4"), new("a.b", "x")]) },
        { "another carrier", s => s.WithCarrier(WorkerCarrier.Grpc) },
        { "no session", s => s with { Session = null } },
        { "another static setting", s => s.WithStaticConfig("spark.x", "2") },
        { "another source", s => s.WithEnvironmentVariableReference("HOME", "HOME2") },
        { "another default", s => s.WithEnvironmentVariableReference("REGION", "AWS_REGION") },
        { "another requirement", s => s.WithDynamicConfig("nice", isRequired: true) },
        { "another directory", s => s.WithRequiredResourceDirectories("models") },
    };

    [Fact]
    public void Equals_SameContentMadeTwice_IsTrueWithTheSameHash()
    {
        WorkerSpecification left = Specifications.Full();
        WorkerSpecification right = Specifications.Full();

        Assert.True(left.Equals(right));
        Assert.True(left == right);
        Assert.Equal(left.GetHashCode(), right.GetHashCode());
        Assert.False(left.Equals(null));
    }

    [Fact]
    public void Equals_MapsWrittenInOtherOrder_IsTrueAndTheSameKey()
    {
        WorkerSpecification left = Specifications.Small
            .WithEnvironmentVariable("A", "1").WithEnvironmentVariable("B", "2").WithStaticConfig("x", "1").WithStaticConfig("y", "2");
        WorkerSpecification right = Specifications.Small
            .WithStaticConfig("y", "2").WithStaticConfig("x", "1").WithEnvironmentVariable("B", "2").WithEnvironmentVariable("A", "1");
        var pools = new Dictionary<WorkerSpecification, string> { [left] = "pool" };

        Assert.Equal("pool", pools[right]);
        Assert.False(pools.ContainsKey(Specifications.Small));
    }

    [Theory]
    [MemberData(nameof(OneChange))]
    public void Equals_OneFieldDiffers_IsFalse(string change, Func<WorkerSpecification, WorkerSpecification> apply)
    {
        WorkerSpecification original = Specifications.Full();

        // The hash of the original is known before the copy is made: the copy must not inherit it.
        original.GetHashCode();
        WorkerSpecification changed = apply(original);

        Assert.False(original.Equals(changed), change);
        Assert.True(original != changed, change);
        Assert.Equal(apply(Specifications.Full()).GetHashCode(), changed.GetHashCode());
        Assert.Equal(Specifications.Full(), original);
    }

    [Fact]
    public void GetHashCode_CopyChangedBack_EqualsTheOriginal()
    {
        WorkerSpecification original = Specifications.Full();
        int hash = original.GetHashCode();

        WorkerSpecification changed = original.WithReuse(false);
        Assert.NotEqual(hash, changed.GetHashCode());

        WorkerSpecification back = changed.WithReuse();
        Assert.Equal(hash, back.GetHashCode());
        Assert.Equal(original, back);
    }

    [Fact]
    public void Equals_ConnectionsOfOneKind_AreEqual()
    {
        Assert.Equal<WorkerConnectionSpecification>(new UnixDomainSocketConnection(), new UnixDomainSocketConnection());
        Assert.Equal<WorkerConnectionSpecification>(new LocalTcpConnection(), new LocalTcpConnection());
        Assert.NotEqual<WorkerConnectionSpecification>(new LocalTcpConnection(), new UnixDomainSocketConnection());
    }

    [Fact]
    public void ToString_FullSpecification_ShowsNoValueOfAVariableOrSetting()
    {
        string text = Specifications.Full().WithEnvironmentVariable("PASSWORD", "sesame").WithStaticConfig("token", "sesame").ToString();

        Assert.Contains("PASSWORD", text, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", text, StringComparison.Ordinal);
    }
}
