using Google.Protobuf.Reflection;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol.Tests;

/// <summary>Names and numbers on the wire: those of Spark, and our own from 1000 up.</summary>
public class SchemaTests
{
    private static readonly FileDescriptor[] Files = [CommonReflection.Descriptor, WorkerSpecReflection.Descriptor, UdfMessageReflection.Descriptor];

    // oneof branches as they are; "?" marks explicit presence.
    private const string Messages = """
        UDFWorkerSpecification: environment=1 capabilities=2 direct=3 session=4
        WorkerEnvironment: installation=1? environment_verification=2? environment_cleanup=3?
        WorkerCapabilities: supported_data_formats=1 supported_communication_patterns=2 supports_concurrent_udfs=3? supports_reuse=4? manage_is_independent=1000
        DirectWorker: runner=1 properties=2
        UDFWorkerProperties: initialization_timeout_ms=1? graceful_termination_timeout_ms=2? connection=3 carrier=1000
        WorkerConnectionSpec: unix_domain_socket=1 tcp=2 custom=1000
        UnixDomainSocket:
        LocalTcpConnection:
        CustomTransport: name=1 settings=2
        ProcessCallable: command=1 arguments=2 environment_variables=3
        WorkerSessionSpecification: static_config=1 environment_variable_references=2 dynamic_config=3 required_resource_directories=4
        WorkerContextReference: source=1 default_value=2?
        DynamicConfigRequirement: is_required=1
        UdfRequest: control=1 data=2
        UdfResponse: control=1 data=2
        UdfControlRequest: init=1 payload=2 finish=3 cancel=4
        UdfControlResponse: init=1 finish=2 cancel=3 error=4
        Init: protocol_version=1? data_format=2 udf=3 is_chunking_payload=4? input_schema=5? output_schema=6? task_context=7 session_conf=8 timezone=9? environment_variables=10 resource_directories=11 parameters=100?
        UdfPayload: payload=1 format=2 payload_size=3? name=4? eval_type=5? payload_crc32=6? invocation_id=7? input=8?
        UdfInputMetadata: schema_format=1 schema=2 arguments=3
        UdfArgument: input_offset=1 name=2?
        PayloadChunk: data=1 last=2?
        InitResponse: data=1? error=2?
        DataRequest: data=1
        DataResponse: data=1
        Finish:
        FinishResponse: metrics=1? data=2? error=3?
        Cancel: reason=1?
        CancelResponse: metrics=1? error=2?
        ErrorResponse: error=1
        ExecutionError: user=1 worker=2 protocol=3
        UserError: message=1 traceback=2? error_class=3?
        WorkerError: message=1 traceback=2?
        ProtocolError: message=1
        ExecutionMetrics: bytes_in=1? bytes_out=2? rows_in=3? rows_out=4? batches_in=5? batches_out=6? init_wall_nanos=7? processing_wall_nanos=8? receive_wall_nanos=9? send_wall_nanos=10? work_wall_nanos=11? work_cpu_nanos=12?
        WorkerRequest: heartbeat=1 shutdown=2 cancel_execution=1000
        WorkerResponse: heartbeat=1 shutdown=2 cancel_execution=1000
        Heartbeat:
        HeartbeatResponse: metrics=1
        ShutdownRequest: reason=1? cancel_sessions=2?
        ShutdownResponse: sessions_settled=1
        CancelExecutionRequest: execution_id=1 reason=2?
        CancelExecutionResponse: found=1
        """;

    private const string Enums = """
        UDFWorkerDataFormat: UDF_WORKER_DATA_FORMAT_UNSPECIFIED=0 ARROW=1 RAW=1000
        UDFProtoCommunicationPattern: UDF_PROTO_COMMUNICATION_PATTERN_UNSPECIFIED=0 BIDIRECTIONAL_STREAMING=1
        UDFWorkerCarrier: UDF_WORKER_CARRIER_UNSPECIFIED=0 UDF_FRAMES=1 GRPC=2
        """;

    [Fact]
    public void Messages_NamesNumbersAndPresence_AreThoseOfTheProtocol() =>
        Assert.Equal(
            Messages.Split('\n').Select(line => line.Trim()).Order(StringComparer.Ordinal),
            Files.SelectMany(file => file.MessageTypes)
                .Select(message => $"{message.Name}: {string.Join(' ', message.Fields.InFieldNumberOrder().Select(Describe))}".Trim())
                .Order(StringComparer.Ordinal));

    [Fact]
    public void Enums_NamesAndNumbers_AreThoseOfTheProtocol() =>
        Assert.Equal(
            Enums.Split('\n').Select(line => line.Trim()).Order(StringComparer.Ordinal),
            Files.SelectMany(file => file.EnumTypes)
                .Select(type => $"{type.Name}: {string.Join(' ', type.Values.Select(value => $"{value.Name}={value.Number}"))}")
                .Order(StringComparer.Ordinal));

    [Fact]
    public void Service_Paths_AreThoseOfSpark()
    {
        Assert.All(Files, file => Assert.Equal("org.apache.spark.udf.worker", file.Package));
        ServiceDescriptor service = Assert.Single(Files.SelectMany(file => file.Services));
        Assert.Equal("org.apache.spark.udf.worker.UdfWorker", service.FullName);
        Assert.Equal(
            ["Execute UdfRequest True UdfResponse True", "Manage WorkerRequest False WorkerResponse False"],
            service.Methods.Select(method =>
                $"{method.Name} {method.InputType.Name} {method.IsClientStreaming} {method.OutputType.Name} {method.IsServerStreaming}"));
    }

    [Fact]
    public void Metrics_InTheOtherShape_AreLostButDoNotBreakTheMessage()
    {
        // A peer with map<string, string> under the same number: one entry "k" -> "v".
        byte[] other = [0x0A, 0x06, 0x0A, 0x01, (byte)'k', 0x12, 0x01, (byte)'v', 0x12, 0x02, (byte)'o', (byte)'k'];
        FinishResponse response = FinishResponse.Parser.ParseFrom(other);
        Assert.Equal("ok", response.Data.ToStringUtf8());
        Assert.False(response.Metrics.HasBytesIn);
    }

    private static string Describe(FieldDescriptor field) =>
        $"{field.Name}={field.FieldNumber}{(field.ToProto().Proto3Optional ? "?" : "")}";
}
