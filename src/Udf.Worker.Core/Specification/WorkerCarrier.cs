namespace Udf.Worker;

/// <summary>What carries the protocol's messages over the worker's connection. The numbers are those of the wire.</summary>
public enum WorkerCarrier
{
    /// <summary>Not said: what the dispatcher speaks by itself.</summary>
    Unspecified = 0,

    /// <summary>UDF frames: length-prefixed messages on a plain byte stream (<c>UDF_FRAMES</c>).</summary>
    UdfFrames = 1,

    /// <summary>Spark's gRPC service over HTTP/2 (<c>GRPC</c>).</summary>
    Grpc = 2,
}
