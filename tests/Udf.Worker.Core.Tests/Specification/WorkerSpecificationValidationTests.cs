namespace Udf.Worker.Core.Tests.Specification;

public class WorkerSpecificationValidationTests
{
    private const string Runner = "direct.runner";
    private const string Properties = "direct.properties";
    private const string Formats = "capabilities.supportedDataFormats";
    private const string Patterns = "capabilities.supportedCommunicationPatterns";

    /// <summary>Each rule alone: what is described, the path of the one problem and what its message says.</summary>
    public static TheoryData<WorkerSpecification, string, string> OneProblem => new()
    {
        // The worker itself.
        { Specifications.Small with { Direct = null }, "direct", "direct must be set" },
        { Specifications.Small.WithRunner(null), Runner, "runner must be set" },
        { Specifications.Small.WithRunner(new ProcessCallable()), Runner + ".command", "at least one entry" },
        { Specifications.Small.WithRunner(ProcessCallable.Create("")), Runner + ".command[0]", "is empty" },
        { Specifications.Small.WithRunner(ProcessCallable.Create(" ")), Runner + ".command[0]", "is empty" },
        { Specifications.Small.WithRunner(new ProcessCallable { Arguments = ["", "a"] }), Runner + ".arguments[0]", "is empty" },
        { Specifications.Small.WithRunner(ProcessCallable.Create("w", "a", "--id", "x")), Runner + ".arguments[1]", "must not contain --id" },
        { Specifications.Small.WithRunner(ProcessCallable.Create("w", "--id=x")), Runner + ".arguments[0]", "must not contain --id" },
        { Specifications.Small.WithRunner(ProcessCallable.Create("w", "--connection", "x")), Runner + ".arguments[0]", "must not contain --connection" },
        { Specifications.Small.WithRunner(ProcessCallable.Create("w", "--connection=")), Runner + ".arguments[0]", "must not contain --connection" },
        { Specifications.Small.WithRunner(new ProcessCallable { Command = ["w", "--id"] }), Runner + ".command[1]", "must not contain --id" },
        { Specifications.Small.WithRunner(new ProcessCallable { Command = ["w\0"] }), Runner + ".command[0]", "NUL" },
        { Specifications.Small.WithRunner(ProcessCallable.Create("w", "a", "\0")), Runner + ".arguments[1]", "NUL" },
        { Specifications.Small.WithRunner(ProcessCallable.Create("w", "\ud83d")), Runner + ".arguments[0]", "surrogate" },
        { Specifications.Small.WithEnvironmentVariable("", "x"), Runner + ".environmentVariables[\"\"]", "is empty" },
        { Specifications.Small.WithEnvironmentVariable("A=B", "x"), Runner + ".environmentVariables[\"A=B\"]", "'='" },
        { Specifications.Small.WithEnvironmentVariable("A\0", "x"), Runner + ".environmentVariables[\"A\\u0000\"]", "NUL" },
        { Specifications.Small.WithEnvironmentVariable("A", "x\0"), Runner + ".environmentVariables[\"A\"]", "NUL" },
        { Specifications.Small.WithEnvironmentVariable("A", "\udc00"), Runner + ".environmentVariables[\"A\"]", "surrogate" },

        // How it is reached.
        { Specifications.Small with { Direct = Specifications.Small.Direct! with { Properties = null } }, Properties + ".connection", "connection must be set" },
        { WorkerSpecification.ForCommand("w").WithReuse().WithCarrier(WorkerCarrier.Grpc), Properties + ".connection", "connection must be set" },
        { Specifications.Small.WithConnection(new CustomConnection()), Properties + ".connection.custom.name", "is empty" },
        { Specifications.Small.OverCustom(" "), Properties + ".connection.custom.name", "is empty" },
        { Specifications.Small.OverCustom("\ud83d"), Properties + ".connection.custom.name", "surrogate" },
        { Specifications.Small.OverCustom("a", [new("", "x")]), Properties + ".connection.custom.settings[\"\"]", "is empty" },
        { Specifications.Small.OverCustom("a", [new("k", "\ud83d")]), Properties + ".connection.custom.settings[\"k\"]", "surrogate" },
        { Specifications.Small.WithCarrier((WorkerCarrier)7), Properties + ".carrier", "7 is not the number" },
        { Specifications.Small.WithInitializationTimeout(TimeSpan.FromMilliseconds(-1)), Properties + ".initializationTimeoutMs", "negative" },
        { Specifications.Small.WithInitializationTimeout(TimeSpan.FromMilliseconds(1L + int.MaxValue)), Properties + ".initializationTimeoutMs", "32-bit" },
        { Specifications.Small.WithInitializationTimeout(TimeSpan.FromTicks(1)), Properties + ".initializationTimeoutMs", "whole number" },
        { Specifications.Small.WithGracefulTerminationTimeout(TimeSpan.FromDays(-1)), Properties + ".gracefulTerminationTimeoutMs", "negative" },
        { Specifications.Small.WithGracefulTerminationTimeout(TimeSpan.FromDays(25)), Properties + ".gracefulTerminationTimeoutMs", "32-bit" },
        { Specifications.Small.WithGracefulTerminationTimeout(TimeSpan.FromTicks(10_001)), Properties + ".gracefulTerminationTimeoutMs", "whole number" },

        // What it can do.
        { Specifications.Small with { Capabilities = null }, "capabilities", "capabilities must be set" },
        { Specifications.Small.WithDataFormats(), Formats, "at least one data format" },
        { Specifications.Small.WithDataFormats(WorkerDataFormat.Raw, WorkerDataFormat.Unspecified), Formats + "[1]", "must not contain UNSPECIFIED" },
        { Specifications.Small.WithDataFormats((WorkerDataFormat)2, WorkerDataFormat.Arrow), Formats + "[0]", "2 is not the number" },
        { WithPatterns(), Patterns, "requires BIDIRECTIONAL_STREAMING" },
        {
            WithPatterns(WorkerCommunicationPattern.BidirectionalStreaming, WorkerCommunicationPattern.Unspecified),
            Patterns + "[1]",
            "must not contain UNSPECIFIED"
        },
        { WithPatterns(WorkerCommunicationPattern.BidirectionalStreaming, (WorkerCommunicationPattern)9), Patterns + "[1]", "9 is not the number" },

        // Its environment.
        {
            Specifications.Small.WithVerification(ProcessCallable.Create("true")),
            "environment.environmentVerification",
            "requires installation to be set"
        },
        { Specifications.Small.WithInstallation(new ProcessCallable()), "environment.installation.command", "at least one entry" },
        {
            Specifications.Small.WithInstallation(ProcessCallable.Create("true")).WithVerification(new ProcessCallable()),
            "environment.environmentVerification.command",
            "at least one entry"
        },
        { Specifications.Small.WithCleanup(ProcessCallable.Create("")), "environment.environmentCleanup.command[0]", "is empty" },
        {
            Specifications.Small.WithCleanup(ProcessCallable.Create("rm") with { EnvironmentVariables = [new("=", "")] }),
            "environment.environmentCleanup.environmentVariables[\"=\"]",
            "'='"
        },

        // Its sessions.
        { Specifications.Small.WithStaticConfig("", "x"), "session.staticConfig[\"\"]", "is empty" },
        { Specifications.Small.WithStaticConfig("a", "\ud83d"), "session.staticConfig[\"a\"]", "surrogate" },
        { Specifications.Small.WithDynamicConfig(""), "session.dynamicConfig[\"\"]", "is empty" },
        { Specifications.Small.WithEnvironmentVariableReference("", "A"), "session.environmentVariableReferences[\"\"]", "is empty" },
        { Specifications.Small.WithEnvironmentVariableReference("A=", "A"), "session.environmentVariableReferences[\"A=\"]", "'='" },
        { Specifications.Small.WithEnvironmentVariableReference("A", ""), "session.environmentVariableReferences[\"A\"].source", "is empty" },
        { Specifications.Small.WithEnvironmentVariableReference("A", "B\0"), "session.environmentVariableReferences[\"A\"].source", "NUL" },
        { Specifications.Small.WithEnvironmentVariableReference("A", "B", "\0"), "session.environmentVariableReferences[\"A\"].defaultValue", "NUL" },
        { Specifications.Small.WithRequiredResourceDirectories("a", ""), "session.requiredResourceDirectories[1]", "is empty" },
        { Specifications.Small.WithRequiredResourceDirectories("a", "b", "a"), "session.requiredResourceDirectories[2]", "there twice" },
    };

    public static TheoryData<WorkerSpecification> Valid =>
    [
        Specifications.Small,
        Specifications.Full(),
        WorkerSpecification.ForDotnet("worker.dll").OverTcp(),

        // Deliberately further than Spark: RAW alone, TCP and custom transports; the carrier is the dispatcher's matter.
        Specifications.Small.WithDataFormats(WorkerDataFormat.Raw).OverCustom("vsock").WithCarrier(WorkerCarrier.Grpc),
        Specifications.Small.WithDataFormats(WorkerDataFormat.Arrow),

        // As in Spark the executable may stand in the arguments.
        Specifications.Small.WithRunner(new ProcessCallable { Arguments = ["w"] }),

        // Words that only begin like the appended options.
        Specifications.Small.WithRunner(ProcessCallable.Create("w", "--idle", "--connections=2", "-id", "", "x --id")),
        Specifications.Small.WithInstallation(ProcessCallable.Create("pip", "--id")),
        Specifications.Small.WithInitializationTimeout(TimeSpan.FromMilliseconds(int.MaxValue)).WithGracefulTerminationTimeout(TimeSpan.Zero),
        Specifications.Small with { Environment = new WorkerEnvironment(), Session = new WorkerSessionSpecification() },
        Specifications.Small.WithStaticConfig("a", "NUL \0 is text here").WithDynamicConfig("a"),
    ];

    [Theory]
    [MemberData(nameof(OneProblem))]
    public void Validate_OneRuleBroken_IsTheOnlyProblem(WorkerSpecification specification, string path, string message)
    {
        WorkerSpecificationProblem problem = Assert.Single(specification.Validate());

        Assert.Equal(path, problem.Path);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", problem.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", problem.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void Validate_ValidSpecification_HasNoProblem(WorkerSpecification specification)
    {
        Assert.Empty(specification.Validate());
        Assert.Same(specification, specification.ThrowIfInvalid());
    }

    [Fact]
    public void Validate_ManyRulesBroken_ReportsAllInOrder()
    {
        WorkerSpecification specification = new WorkerSpecification
        {
            Environment = new WorkerEnvironment { Verification = new ProcessCallable() },
            Direct = new DirectWorker(),
        }.WithStaticConfig("", "").WithDataFormats(WorkerDataFormat.Unspecified).WithInitializationTimeout(TimeSpan.FromTicks(-1));

        Assert.Equal(
            [
                "environment.environmentVerification.command",
                "environment.environmentVerification",
                "capabilities.supportedDataFormats[0]",
                "capabilities.supportedCommunicationPatterns",
                "direct.runner",
                "direct.properties.initializationTimeoutMs",
                "direct.properties.initializationTimeoutMs",
                "direct.properties.connection",
                "session.staticConfig[\"\"]",
            ],
            specification.Validate().Select(problem => problem.Path));
    }

    [Fact]
    public void Validate_EmptySpecification_NamesWhatIsRequired()
    {
        Assert.Equal(["capabilities", "direct"], new WorkerSpecification().Validate().Select(problem => problem.Path));
    }

    [Fact]
    public void ThrowIfInvalid_TwoProblems_ListsBothWithPathMessageAndRemedy()
    {
        WorkerSpecification specification = WorkerSpecification.ForCommand("").WithReuse();

        WorkerSpecificationException exception = Assert.Throws<WorkerSpecificationException>(() => specification.ThrowIfInvalid());

        Assert.Equal(specification.Validate(), exception.Problems);
        Assert.Equal(2, exception.Problems.Count);
        Assert.Contains("2 problems", exception.Message, StringComparison.Ordinal);
        Assert.All(exception.Problems, problem =>
        {
            Assert.Contains(problem.Path, exception.Message, StringComparison.Ordinal);
            Assert.Contains(problem.Message, exception.Message, StringComparison.Ordinal);
            Assert.Contains(problem.Remedy, exception.Message, StringComparison.Ordinal);
        });
        Assert.False(exception.IsTransient);
    }

    [Fact]
    public void WorkerSpecificationException_OneProblem_SaysItInOneLine()
    {
        var exception = new WorkerSpecificationException([new WorkerSpecificationProblem("direct", "It is not set.", "Set it.")]);

        Assert.Equal("The worker specification is not valid. direct: It is not set. Set it.", exception.Message);
    }

    [Fact]
    public void WorkerSpecificationException_NoProblems_Throws()
    {
        Assert.Throws<ArgumentNullException>(() => new WorkerSpecificationException(null!));
        Assert.Throws<ArgumentException>(() => new WorkerSpecificationException([]));
        Assert.Throws<ArgumentException>(() => new WorkerSpecificationException([null!]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Validate_RandomSpecifications_AlwaysEndsWithPathsAndRemedies(int block)
    {
        foreach (int seed in Enumerable.Range(block * 200, 200))
        {
            Assert.All(Specifications.Random(seed).Validate(), problem =>
            {
                Assert.NotEmpty(problem.Path);
                Assert.NotEmpty(problem.Message);
                Assert.NotEmpty(problem.Remedy);
            });
        }
    }

    private static WorkerSpecification WithPatterns(params ReadOnlySpan<WorkerCommunicationPattern> patterns) =>
        Specifications.Small with { Capabilities = Specifications.Small.Capabilities! with { CommunicationPatterns = ValueList.Create(patterns) } };
}
