namespace Udf.Worker.Core.Tests.Specification;

/// <summary>Specifications to test with.</summary>
internal static class Specifications
{
    /// <summary>A valid specification with nothing that need not be there.</summary>
    public static WorkerSpecification Small { get; } = WorkerSpecification.ForCommand("python3", "worker.py").OverUnixDomainSocket();

    /// <summary>A valid specification in which every field has a value of its own. Made anew at each call.</summary>
    public static WorkerSpecification Full() => new()
    {
        Environment = new WorkerEnvironment
        {
            Installation = new ProcessCallable
            {
                Command = ["pip", "install"],
                Arguments = ["-r", "requirements.txt"],
                EnvironmentVariables = [new("PIP_CACHE", "/cache"), new("EMPTY", "")],
            },
            Verification = ProcessCallable.Create("test", "-d", "venv"),
            Cleanup = ProcessCallable.Create("rm", "-r", "venv"),
        },
        Capabilities = new WorkerCapabilities
        {
            DataFormats = [WorkerDataFormat.Arrow, WorkerDataFormat.Raw],
            CommunicationPatterns = [WorkerCommunicationPattern.BidirectionalStreaming],
            SupportsConcurrentUdfs = false,
            SupportsReuse = true,
            ManageIsIndependent = true,
        },
        Direct = new DirectWorker
        {
            Runner = new ProcessCallable
            {
                Command = ["python3", "-u"],
                Arguments = ["worker.py", "", "ü \"quoted\" <&> \u2028\n"],
                EnvironmentVariables = [new("B", "2"), new("A", "1")],
            },
            Properties = new WorkerProperties
            {
                InitializationTimeout = TimeSpan.FromMilliseconds(1500),
                GracefulTerminationTimeout = TimeSpan.Zero,
                Connection = new CustomConnection { Name = "vsock", Settings = [new("cid", "3"), new("a.b", "x")] },
                Carrier = WorkerCarrier.UdfFrames,
            },
        },
        Session = new WorkerSessionSpecification
        {
            StaticConfig = [new("spark.x", "1"), new("empty", "")],
            EnvironmentVariableReferences =
            [
                new("HOME", new WorkerContextReference { Source = "HOME" }),
                new("REGION", new WorkerContextReference { Source = "AWS_REGION", DefaultValue = "" }),
            ],
            DynamicConfig =
            [
                new("needed", new DynamicConfigRequirement { IsRequired = true }),
                new("nice", new DynamicConfigRequirement()),
            ],
            RequiredResourceDirectories = ["models", "data"],
        },
    };

    public static WorkerSpecification WithRunner(this WorkerSpecification specification, ProcessCallable? runner) =>
        specification with { Direct = specification.Direct! with { Runner = runner } };

    public static WorkerSpecification WithSession(WorkerSessionSpecification session) => Small with { Session = session };

    /// <summary>
    /// Specifications made from a seed: every section and field is there or not, lists and maps are empty or not, texts have odd characters.
    /// </summary>
    public static WorkerSpecification Random(int seed)
    {
        var random = new Random(seed);
        return new WorkerSpecification
        {
            Environment = Maybe(() => new WorkerEnvironment { Installation = Callable(), Verification = Callable(), Cleanup = Callable() }),
            Capabilities = Maybe(() => new WorkerCapabilities
            {
                DataFormats = List(() => (WorkerDataFormat)(random.Next(2) == 0 ? random.Next(3) : random.Next())),
                CommunicationPatterns = List(() => (WorkerCommunicationPattern)random.Next(-1, 3)),
                SupportsConcurrentUdfs = Flag(),
                SupportsReuse = Flag(),
                ManageIsIndependent = random.Next(2) == 0,
            }),
            Direct = Maybe(() => new DirectWorker
            {
                Runner = Callable(),
                Properties = Maybe(() => new WorkerProperties
                {
                    InitializationTimeout = Timeout(),
                    GracefulTerminationTimeout = Timeout(),
                    Connection = Connection(),
                    Carrier = (WorkerCarrier)random.Next(5),
                }),
            }),
            Session = Maybe(() => new WorkerSessionSpecification
            {
                StaticConfig = Map(Text),
                EnvironmentVariableReferences = Map(() => new WorkerContextReference { Source = Text(), DefaultValue = Maybe(Text) }),
                DynamicConfig = Map(() => new DynamicConfigRequirement { IsRequired = random.Next(2) == 0 }),
                RequiredResourceDirectories = List(Text),
            }),
        };

        T? Maybe<T>(Func<T> make)
            where T : class => random.Next(4) == 0 ? null : make();

        bool? Flag() => random.Next(3) switch { 0 => null, 1 => true, _ => false };

        TimeSpan? Timeout() => random.Next(3) == 0 ? null : TimeSpan.FromMilliseconds((long)random.Next(int.MinValue, int.MaxValue));

        ValueList<T> List<T>(Func<T> make)
            where T : notnull => [.. Enumerable.Range(0, random.Next(4)).Select(_ => make())];

        ValueMap<string, T> Map<T>(Func<T> make)
            where T : notnull => [.. List(Text).Distinct().Select(key => KeyValuePair.Create(key, make()))];

        ProcessCallable? Callable() =>
            Maybe(() => new ProcessCallable { Command = List(Text), Arguments = List(Text), EnvironmentVariables = Map(Text) });

        WorkerConnectionSpecification? Connection() => random.Next(4) switch
        {
            0 => new UnixDomainSocketConnection(),
            1 => new LocalTcpConnection(),
            2 => new CustomConnection { Name = Text(), Settings = Map(Text) },
            _ => null,
        };

        string Text()
        {
            string[] parts = ["", "a", "name", "=", "\0", "\"", "\\", "\u00fc", "\ud83d\ude00", "\n", ".", "[0]", "</", "null", "\u2028", "\ufeff"];
            return string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => parts[random.Next(parts.Length)]));
        }
    }
}
