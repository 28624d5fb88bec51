namespace Udf.Worker.Transport.Tcp;

/// <summary>How workers are reached over TCP.</summary>
public sealed class TcpWorkerOptions
{
    /// <summary>Whether workers are reached over IPv6 first (<c>::1</c>) instead of IPv4 (<c>127.0.0.1</c>). The other one is tried when the first does not answer; never anything but the loopback.</summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool PreferIPv6 { get; set; }

    /// <summary>Limits of the connections.</summary>
    /// <value>Default: <see cref="FramedConnectionOptions.Default"/>.</value>
    public FramedConnectionOptions Connection { get; set; } = FramedConnectionOptions.Default;
}
