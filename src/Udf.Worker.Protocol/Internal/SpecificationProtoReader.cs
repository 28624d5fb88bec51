using Google.Protobuf.Collections;
using Wire = Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol.Internal;

/// <summary>Reads a specification from its message.</summary>
internal static class SpecificationProtoReader
{
    internal static WorkerSpecification Read(Wire.UDFWorkerSpecification message) => new()
    {
        Environment = message.Environment is { } environment ? ReadEnvironment(environment) : null,
        Capabilities = message.Capabilities is { } capabilities ? ReadCapabilities(capabilities) : null,
        Direct = message.Direct is { } direct ? ReadDirect(direct) : null,
        Session = message.Session is { } session ? ReadSession(session) : null,
    };

    private static WorkerEnvironment ReadEnvironment(Wire.WorkerEnvironment message) => new()
    {
        Installation = ReadCallable(message.Installation),
        Verification = ReadCallable(message.EnvironmentVerification),
        Cleanup = ReadCallable(message.EnvironmentCleanup),
    };

    private static WorkerCapabilities ReadCapabilities(Wire.WorkerCapabilities message) => new()
    {
        DataFormats = [.. message.SupportedDataFormats.Select(static format => (WorkerDataFormat)format)],
        CommunicationPatterns = [.. message.SupportedCommunicationPatterns.Select(static pattern => (WorkerCommunicationPattern)pattern)],
        SupportsConcurrentUdfs = message.HasSupportsConcurrentUdfs ? message.SupportsConcurrentUdfs : null,
        SupportsReuse = message.HasSupportsReuse ? message.SupportsReuse : null,
        ManageIsIndependent = message.ManageIsIndependent,
    };

    private static DirectWorker ReadDirect(Wire.DirectWorker message) => new()
    {
        Runner = ReadCallable(message.Runner),
        Properties = message.Properties is { } properties ? ReadProperties(properties) : null,
    };

    private static WorkerProperties ReadProperties(Wire.UDFWorkerProperties message) => new()
    {
        InitializationTimeout = message.HasInitializationTimeoutMs ? TimeSpan.FromMilliseconds(message.InitializationTimeoutMs) : null,
        GracefulTerminationTimeout = message.HasGracefulTerminationTimeoutMs ? TimeSpan.FromMilliseconds(message.GracefulTerminationTimeoutMs) : null,
        Connection = message.Connection is { } connection ? ReadConnection(connection) : null,
        Carrier = (WorkerCarrier)message.Carrier,
    };

    private static WorkerConnectionSpecification? ReadConnection(Wire.WorkerConnectionSpec message) => message.TransportCase switch
    {
        Wire.WorkerConnectionSpec.TransportOneofCase.UnixDomainSocket => new UnixDomainSocketConnection(),
        Wire.WorkerConnectionSpec.TransportOneofCase.Tcp => new LocalTcpConnection(),
        Wire.WorkerConnectionSpec.TransportOneofCase.Custom => new CustomConnection { Name = message.Custom.Name, Settings = ReadMap(message.Custom.Settings) },
        Wire.WorkerConnectionSpec.TransportOneofCase.None => null,
        _ => throw new InvalidOperationException($"Unknown transport {message.TransportCase}."),
    };

    private static WorkerSessionSpecification ReadSession(Wire.WorkerSessionSpecification message) => new()
    {
        StaticConfig = ReadMap(message.StaticConfig),
        EnvironmentVariableReferences =
        [
            .. message.EnvironmentVariableReferences.Select(static entry => KeyValuePair.Create(entry.Key, new WorkerContextReference
            {
                Source = entry.Value.Source,
                DefaultValue = entry.Value.HasDefaultValue ? entry.Value.DefaultValue : null,
            })),
        ],
        DynamicConfig =
        [
            .. message.DynamicConfig.Select(static entry => KeyValuePair.Create(entry.Key, new DynamicConfigRequirement { IsRequired = entry.Value.IsRequired })),
        ],
        RequiredResourceDirectories = [.. message.RequiredResourceDirectories],
    };

    private static ProcessCallable? ReadCallable(Wire.ProcessCallable? message) => message is null ? null : new ProcessCallable
    {
        Command = [.. message.Command],
        Arguments = [.. message.Arguments],
        EnvironmentVariables = ReadMap(message.EnvironmentVariables),
    };

    private static ValueMap<string, string> ReadMap(MapField<string, string> map) => [.. map];
}
