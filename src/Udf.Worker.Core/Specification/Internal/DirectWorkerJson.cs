namespace Udf.Worker;

/// <summary>Reads a direct worker from JSON.</summary>
internal static class DirectWorkerJson
{
    private static readonly JsonMessage DirectMessage = new("A direct worker", SpecificationFields.Runner, SpecificationFields.Properties);

    private static readonly JsonMessage PropertiesMessage = new(
        "The worker's properties",
        SpecificationFields.InitializationTimeoutMs,
        SpecificationFields.GracefulTerminationTimeoutMs,
        SpecificationFields.Connection,
        SpecificationFields.Carrier);

    private static readonly JsonMessage ConnectionMessage = new(
        "A connection",
        SpecificationFields.UnixDomainSocket,
        SpecificationFields.Tcp,
        SpecificationFields.Custom);

    private static readonly JsonMessage UnixDomainSocketMessage = new("A Unix domain socket");

    private static readonly JsonMessage TcpMessage = new("A TCP connection");

    private static readonly JsonMessage CustomMessage = new("A custom connection", SpecificationFields.Name, SpecificationFields.Settings);

    public static DirectWorker Read(ref SpecificationJsonCursor cursor)
    {
        var direct = new DirectWorker();
        JsonMessageScope scope = cursor.BeginMessage(DirectMessage);
        while (cursor.NextField(ref scope, out string field))
        {
            direct = field switch
            {
                SpecificationFields.Runner => direct with { Runner = CallableJson.Read(ref cursor) },
                _ => direct with { Properties = ReadProperties(ref cursor) },
            };
        }

        return direct;
    }

    private static WorkerProperties ReadProperties(ref SpecificationJsonCursor cursor)
    {
        var properties = new WorkerProperties();
        JsonMessageScope scope = cursor.BeginMessage(PropertiesMessage);
        while (cursor.NextField(ref scope, out string field))
        {
            properties = field switch
            {
                SpecificationFields.InitializationTimeoutMs => properties with { InitializationTimeout = cursor.Milliseconds() },
                SpecificationFields.GracefulTerminationTimeoutMs => properties with { GracefulTerminationTimeout = cursor.Milliseconds() },
                SpecificationFields.Connection => properties with { Connection = ReadConnection(ref cursor) },
                _ => properties with { Carrier = cursor.Enum(WireEnums.Carrier) },
            };
        }

        return properties;
    }

    // Null if no branch of the oneof is there, which Validate tells.
    private static WorkerConnectionSpecification? ReadConnection(ref SpecificationJsonCursor cursor)
    {
        WorkerConnectionSpecification? connection = null;
        JsonMessageScope scope = cursor.BeginMessage(ConnectionMessage);
        while (cursor.NextField(ref scope, out string field))
        {
            if (connection is not null)
            {
                throw cursor.Fail($"A connection is one transport, and {connection.FieldName} is there already.", "Write one of them.");
            }

            connection = field switch
            {
                SpecificationFields.UnixDomainSocket => ReadEmpty(ref cursor, UnixDomainSocketMessage, new UnixDomainSocketConnection()),
                SpecificationFields.Tcp => ReadEmpty(ref cursor, TcpMessage, new LocalTcpConnection()),
                _ => ReadCustom(ref cursor),
            };
        }

        return connection;
    }

    // A message without fields: what is inside is unknown, and the cursor notes it.
    private static WorkerConnectionSpecification ReadEmpty(
        ref SpecificationJsonCursor cursor,
        JsonMessage message,
        WorkerConnectionSpecification connection)
    {
        JsonMessageScope scope = cursor.BeginMessage(message);
        cursor.NextField(ref scope, out _);
        return connection;
    }

    private static CustomConnection ReadCustom(ref SpecificationJsonCursor cursor)
    {
        var custom = new CustomConnection();
        JsonMessageScope scope = cursor.BeginMessage(CustomMessage);
        while (cursor.NextField(ref scope, out string field))
        {
            custom = field switch
            {
                SpecificationFields.Name => custom with { Name = cursor.String() },
                _ => custom with { Settings = cursor.Map(static (ref cursor) => cursor.String()) },
            };
        }

        return custom;
    }
}
