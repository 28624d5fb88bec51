namespace Udf.Worker;

/// <summary>The names on the wire of the specification's enums.</summary>
internal static class WireEnums
{
    public static readonly WireEnum<WorkerDataFormat> DataFormat = new(
        "data format",
        (WorkerDataFormat.Unspecified, "UDF_WORKER_DATA_FORMAT_UNSPECIFIED"),
        (WorkerDataFormat.Arrow, "ARROW"),
        (WorkerDataFormat.Raw, "RAW"));

    public static readonly WireEnum<WorkerCommunicationPattern> CommunicationPattern = new(
        "communication pattern",
        (WorkerCommunicationPattern.Unspecified, "UDF_PROTO_COMMUNICATION_PATTERN_UNSPECIFIED"),
        (WorkerCommunicationPattern.BidirectionalStreaming, "BIDIRECTIONAL_STREAMING"));

    public static readonly WireEnum<WorkerCarrier> Carrier = new(
        "carrier",
        (WorkerCarrier.Unspecified, "UDF_WORKER_CARRIER_UNSPECIFIED"),
        (WorkerCarrier.UdfFrames, "UDF_FRAMES"),
        (WorkerCarrier.Grpc, "GRPC"));
}
