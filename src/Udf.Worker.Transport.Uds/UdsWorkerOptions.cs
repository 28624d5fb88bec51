namespace Udf.Worker.Transport.Uds;

/// <summary>How workers are reached over Unix domain sockets.</summary>
public sealed class UdsWorkerOptions
{
    /// <summary>The directory below which each dispatcher makes its own, private one for its sockets.</summary>
    /// <value>
    /// An existing directory in which this user may create directories, as short as possible: the path of a socket has at most 107 bytes.
    /// Default: <see langword="null"/>, the shortest usable of <c>TMPDIR</c>, <c>TEMP</c>, <c>TMP</c> and <c>/tmp</c>.
    /// </value>
    public string? SocketDirectory { get; set; }

    /// <summary>Limits of the connections.</summary>
    /// <value>Default: <see cref="FramedConnectionOptions.Default"/>.</value>
    public FramedConnectionOptions Connection { get; set; } = FramedConnectionOptions.Default;
}
