using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Wire = Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol.Tests.Specifications;

public class WorkerSpecificationProtoTests
{
    private static WorkerSpecification Full => new()
    {
        Environment = new WorkerEnvironment
        {
            Installation = ProcessCallable.Create("install", "--quiet"),
            Verification = ProcessCallable.Create("verify"),
            Cleanup = ProcessCallable.Create("clean"),
        },
        Capabilities = new WorkerCapabilities
        {
            DataFormats = [WorkerDataFormat.Arrow, WorkerDataFormat.Raw],
            CommunicationPatterns = [WorkerCommunicationPattern.BidirectionalStreaming],
            SupportsConcurrentUdfs = true,
            SupportsReuse = false,
            ManageIsIndependent = true,
        },
        Direct = new DirectWorker
        {
            Runner = new ProcessCallable { Command = ["python3", "worker.py"], Arguments = ["-v"], EnvironmentVariables = [new("A", "1"), new("B", "")] },
            Properties = new WorkerProperties
            {
                InitializationTimeout = TimeSpan.FromSeconds(7),
                GracefulTerminationTimeout = TimeSpan.Zero,
                Connection = new CustomConnection { Name = "carrier-pigeon", Settings = [new("speed", "slow")] },
                Carrier = WorkerCarrier.Grpc,
            },
        },
        Session = new WorkerSessionSpecification
        {
            StaticConfig = [new("a", "b")],
            EnvironmentVariableReferences =
            [
                new("WITH", new WorkerContextReference { Source = "S", DefaultValue = "" }),
                new("WITHOUT", new WorkerContextReference { Source = "T" }),
            ],
            DynamicConfig = [new("must", new DynamicConfigRequirement { IsRequired = true }), new("may", new DynamicConfigRequirement())],
            RequiredResourceDirectories = ["models"],
        },
    };

    [Fact]
    public void ToProto_Everything_SurvivesTheWireAndBack()
    {
        byte[] bytes = WorkerSpecificationProto.ToProto(Full).ToByteArray();
        Assert.Equal(Full, WorkerSpecificationProto.FromProto(Wire.UDFWorkerSpecification.Parser.ParseFrom(bytes)));
    }

    [Fact]
    public void ToProto_Everything_StandsInTheFieldsOfSpark()
    {
        Wire.UDFWorkerSpecification message = WorkerSpecificationProto.ToProto(Full);

        Assert.Equal(["install"], message.Environment.Installation.Command);
        Assert.Equal(["--quiet"], message.Environment.Installation.Arguments);
        Assert.Equal(["verify"], message.Environment.EnvironmentVerification.Command);
        Assert.Equal(["clean"], message.Environment.EnvironmentCleanup.Command);
        Assert.Equal([Wire.UDFWorkerDataFormat.Arrow, Wire.UDFWorkerDataFormat.Raw], message.Capabilities.SupportedDataFormats);
        Assert.True(message.Capabilities.SupportsConcurrentUdfs);
        Assert.True(message.Capabilities.HasSupportsReuse);
        Assert.False(message.Capabilities.SupportsReuse);
        Assert.Equal("", message.Direct.Runner.EnvironmentVariables["B"]);
        Assert.Equal(7000, message.Direct.Properties.InitializationTimeoutMs);
        Assert.True(message.Direct.Properties.HasGracefulTerminationTimeoutMs);
        Assert.Equal(Wire.UDFWorkerCarrier.Grpc, message.Direct.Properties.Carrier);
        Assert.Equal("carrier-pigeon", message.Direct.Properties.Connection.Custom.Name);
        Assert.True(message.Session.EnvironmentVariableReferences["WITH"].HasDefaultValue);
        Assert.False(message.Session.EnvironmentVariableReferences["WITHOUT"].HasDefaultValue);
        Assert.True(message.Session.DynamicConfig["must"].IsRequired);
    }

    [Fact]
    public void ToProto_Empty_IsAnEmptyMessageAndBack()
    {
        Wire.UDFWorkerSpecification message = WorkerSpecificationProto.ToProto(new WorkerSpecification());
        Assert.Equal(0, message.CalculateSize());
        Assert.Equal(new WorkerSpecification(), WorkerSpecificationProto.FromProto(message));
    }

    [Fact]
    public void ToProto_EmptyParts_AreThere()
    {
        WorkerSpecification specification = new()
        {
            Environment = new WorkerEnvironment(),
            Capabilities = new WorkerCapabilities(),
            Direct = new DirectWorker { Properties = new WorkerProperties() },
            Session = new WorkerSessionSpecification(),
        };
        Assert.Equal(specification, WorkerSpecificationProto.FromProto(WorkerSpecificationProto.ToProto(specification)));
    }

    public static TheoryData<WorkerConnectionSpecification> Connections =>
        [new UnixDomainSocketConnection(), new LocalTcpConnection(), new CustomConnection()];

    [Theory]
    [MemberData(nameof(Connections), DisableDiscoveryEnumeration = true)]
    public void ToProto_EachConnection_ComesBack(WorkerConnectionSpecification connection)
    {
        WorkerSpecification specification = new() { Direct = new DirectWorker { Properties = new WorkerProperties { Connection = connection } } };
        Assert.Equal(specification, WorkerSpecificationProto.FromProto(WorkerSpecificationProto.ToProto(specification)));
    }

    [Fact]
    public void FromProto_ConnectionWithoutTransport_IsNone()
    {
        Wire.UDFWorkerSpecification message = new()
        {
            Direct = new Wire.DirectWorker { Properties = new Wire.UDFWorkerProperties { Connection = new Wire.WorkerConnectionSpec() } },
        };
        Assert.Null(WorkerSpecificationProto.FromProto(message).Direct!.Properties!.Connection);
    }

    [Fact]
    public void ToProto_UnknownEnumNumbers_Survive()
    {
        WorkerSpecification specification = new()
        {
            Capabilities = new WorkerCapabilities
            {
                DataFormats = [(WorkerDataFormat)4711, (WorkerDataFormat)(-1)],
                CommunicationPatterns = [(WorkerCommunicationPattern)4712],
            },
            Direct = new DirectWorker { Properties = new WorkerProperties { Carrier = (WorkerCarrier)4713 } },
        };
        byte[] bytes = WorkerSpecificationProto.ToProto(specification).ToByteArray();
        Assert.Equal(specification, WorkerSpecificationProto.FromProto(Wire.UDFWorkerSpecification.Parser.ParseFrom(bytes)));
    }

    [Fact]
    public void EnumNumbers_CoreAndWire_AreTheSame()
    {
        AssertSame<WorkerDataFormat, Wire.UDFWorkerDataFormat>();
        AssertSame<WorkerCommunicationPattern, Wire.UDFProtoCommunicationPattern>();
        AssertSame<WorkerCarrier, Wire.UDFWorkerCarrier>();

        static void AssertSame<TCore, TWire>()
            where TCore : struct, Enum
            where TWire : struct, Enum =>
            Assert.Equal(
                Enum.GetValues<TWire>().Select(value => (value.ToString(), Convert.ToInt32(value))).Order(),
                Enum.GetValues<TCore>().Select(value => (value.ToString(), Convert.ToInt32(value))).Order());
    }

    [Fact]
    public void FromProto_AnyTimeouts_ComeBack() =>
        Prop.ForAll<int, int>((initialization, termination) =>
        {
            Wire.UDFWorkerSpecification message = new()
            {
                Direct = new Wire.DirectWorker
                {
                    Properties = new Wire.UDFWorkerProperties { InitializationTimeoutMs = initialization, GracefulTerminationTimeoutMs = termination },
                },
            };
            return WorkerSpecificationProto.ToProto(WorkerSpecificationProto.FromProto(message)).Equals(message);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void ToProto_WhatHasNoForm_IsRefusedWithAllPaths()
    {
        WorkerSpecification specification = new()
        {
            Direct = new DirectWorker
            {
                Runner = ProcessCallable.Create("ok", "\ud800"),
                Properties = new WorkerProperties { InitializationTimeout = TimeSpan.FromTicks(1), GracefulTerminationTimeout = TimeSpan.MaxValue },
            },
        };
        WorkerSpecificationException error = Assert.Throws<WorkerSpecificationException>(() => WorkerSpecificationProto.ToProto(specification));
        Assert.Equal(
            ["direct.properties.gracefulTerminationTimeoutMs", "direct.properties.initializationTimeoutMs", "direct.runner.arguments[0]"],
            error.Problems.Select(problem => problem.Path).Order());
    }

    [Fact]
    public void ToProto_JsonOfSpark_IsTheMessageThatProtobufReadsFromIt()
    {
        const string json = """
            {
              "capabilities": { "supportedDataFormats": ["ARROW"], "supportedCommunicationPatterns": ["BIDIRECTIONAL_STREAMING"], "supportsReuse": true },
              "direct": {
                "runner": { "command": ["python3"], "environmentVariables": { "A": "1" } },
                "properties": { "initializationTimeoutMs": 5000, "connection": { "unixDomainSocket": {} }, "carrier": "UDF_FRAMES" }
              },
              "session": { "dynamicConfig": { "k": { "isRequired": true } } }
            }
            """;
        Assert.Equal(
            Wire.UDFWorkerSpecification.Parser.ParseJson(json),
            WorkerSpecificationProto.ToProto(WorkerSpecificationJson.Parse(json).Specification));
        Assert.Equal(
            WorkerSpecificationProto.ToProto(Full),
            Wire.UDFWorkerSpecification.Parser.ParseJson(WorkerSpecificationJson.Write(Full)));
    }
}
