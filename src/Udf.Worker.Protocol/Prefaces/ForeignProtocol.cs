namespace Udf.Worker.Protocol;

/// <summary>What somebody speaks who does not speak UDF frames.</summary>
public enum ForeignProtocol
{
    /// <summary>Nothing that is recognised.</summary>
    Unknown,

    /// <summary>HTTP/1.0 or HTTP/1.1.</summary>
    Http1,

    /// <summary>HTTP/2: most often the gRPC carrier.</summary>
    Http2,

    /// <summary>TLS.</summary>
    Tls,
}
