namespace Udf.Worker.Core.Tests.Specification;

public class WorkerSpecificationFluentTests
{
    [Fact]
    public void ForCommand_ThreeLines_DescribeAValidWorker()
    {
        WorkerSpecification specification = WorkerSpecification.ForCommand("python3", "worker.py")
            .OverUnixDomainSocket()
            .WithReuse();

        var expected = new WorkerSpecification
        {
            Capabilities = new WorkerCapabilities
            {
                DataFormats = [WorkerDataFormat.Raw],
                CommunicationPatterns = [WorkerCommunicationPattern.BidirectionalStreaming],
                SupportsReuse = true,
            },
            Direct = new DirectWorker
            {
                Runner = new ProcessCallable { Command = ["python3"], Arguments = ["worker.py"] },
                Properties = new WorkerProperties { Connection = new UnixDomainSocketConnection() },
            },
        };
        Assert.Equal(expected, specification);
        Assert.Empty(specification.Validate());
    }

    [Fact]
    public void ForDotnet_Assembly_RunsItWithDotnet()
    {
        WorkerSpecification specification = WorkerSpecification.ForDotnet("worker.dll", "--verbose").OverTcp();

        Assert.Equal(["dotnet", "worker.dll", "--verbose"], specification.Direct!.Runner!.Command.Concat(specification.Direct.Runner.Arguments));
        Assert.IsType<LocalTcpConnection>(specification.Direct.Properties!.Connection);
        Assert.Empty(specification.Validate());
    }

    [Fact]
    public void With_EveryMethod_SetsItsFieldAndNoOther()
    {
        WorkerSpecification specification = new WorkerSpecification()
            .WithInstallation(Specifications.Full().Environment!.Installation)
            .WithVerification(Specifications.Full().Environment!.Verification)
            .WithCleanup(Specifications.Full().Environment!.Cleanup)
            .WithDataFormats(WorkerDataFormat.Arrow, WorkerDataFormat.Raw)
            .WithConcurrentUdfs(false)
            .WithReuse()
            .WithIndependentManage()
            .WithEnvironmentVariable("A", "1")
            .WithEnvironmentVariable("B", "2")
            .WithInitializationTimeout(TimeSpan.FromMilliseconds(1500))
            .WithGracefulTerminationTimeout(TimeSpan.Zero)
            .WithCarrier(WorkerCarrier.UdfFrames)
            .OverCustom("vsock", [new("cid", "3"), new("a.b", "x")])
            .WithStaticConfig("spark.x", "1")
            .WithStaticConfig("empty", "")
            .WithEnvironmentVariableReference("HOME", "HOME")
            .WithEnvironmentVariableReference("REGION", "AWS_REGION", "")
            .WithDynamicConfig("needed", isRequired: true)
            .WithDynamicConfig("nice")
            .WithRequiredResourceDirectories("models", "data");

        // What has no fluent method: the runner's command line and the patterns, which ForCommand sets.
        WorkerSpecification full = Specifications.Full();
        specification = specification with
        {
            Capabilities = specification.Capabilities! with { CommunicationPatterns = full.Capabilities!.CommunicationPatterns },
        };
        specification = specification.WithRunner(
            specification.Direct!.Runner! with { Command = full.Direct!.Runner!.Command, Arguments = full.Direct.Runner.Arguments });
        Assert.Equal(full, specification);
    }

    [Fact]
    public void With_Called_LeavesTheOriginal()
    {
        WorkerSpecification original = Specifications.Full();

        original.OverTcp().WithReuse(false).WithEnvironmentVariable("A", "other").WithStaticConfig("spark.x", "other");

        Assert.Equal(Specifications.Full(), original);
    }

    [Fact]
    public void Fluent_NullOrEmpty_Throws()
    {
        Assert.Throws<ArgumentNullException>(() => WorkerSpecification.ForCommand(null!));
        Assert.Throws<ArgumentException>(() => WorkerSpecification.ForCommand("python3", [null!]));
        Assert.Throws<ArgumentException>(() => WorkerSpecification.ForDotnet(""));
        Assert.Throws<ArgumentException>(() => Specifications.Small.OverCustom(""));
        Assert.Throws<ArgumentNullException>(() => Specifications.Small.WithConnection(null!));
        Assert.Throws<ArgumentNullException>(() => Specifications.Small.WithEnvironmentVariable(null!, ""));
        Assert.Throws<ArgumentNullException>(() => Specifications.Small.WithEnvironmentVariableReference("A", null!));
    }
}
