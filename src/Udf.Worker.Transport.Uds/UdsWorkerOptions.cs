namespace Udf.Worker.Transport.Uds;

/// <summary>How workers are reached over Unix domain sockets.</summary>
public sealed class UdsWorkerOptions
{
    /// <summary>The directory below which each dispatcher makes its own, private one for its sockets.</summary>
    /// <value>
    /// An existing directory of a file system of this machine, in which this user may create directories, as short as possible: the path of a socket has at most 107 bytes (103 outside Linux and Windows).
    /// Default: <see langword="null"/>, the first usable one of <c>TMPDIR</c>, <c>TEMP</c>, <c>TMP</c> and <c>/tmp</c>, the shortest first, then <c>XDG_RUNTIME_DIR</c>, <c>/run/user/UID</c> and <c>/dev/shm</c>.
    /// Without a meaning if <see cref="UseAbstractSockets"/> is set.
    /// </value>
    /// <remarks>What hosts that were killed have left in it is removed when a dispatcher makes its own. Only what is this user's, and where a lock beside it says that its host is dead.</remarks>
    public string? SocketDirectory { get; set; }

    /// <summary>Whether sockets have a name in the abstract namespace of Linux instead of a path: there is no directory, no limit of length to think of, and nothing that can be left behind.</summary>
    /// <value>
    /// Default: <see langword="false"/>. On other systems it is refused. The name has 128 random bits and reaches the worker as <c>--connection @name</c>, the <c>@</c> in place of the zero byte; a worker that
    /// does not know this makes a socket file of that name in its working directory, and is not found. Everybody on the machine may connect: what protects the worker is its token, and the host <see cref="VerifyPeer"/>.
    /// A worker in another network namespace cannot be reached so.
    /// </value>
    public bool UseAbstractSockets { get; set; }

    /// <summary>Whether the system is asked, at each connection and before a byte is sent, who it is that listens for a worker.</summary>
    /// <value>
    /// Default: <see langword="true"/>. It must be a process of this user: the one that was started, or one that comes from it (a descendant, a member of its session or group, or a process that has the worker's
    /// <c>UDF_WORKER_ID</c> in its environment). Where the process of the worker is not known, or lives in a namespace that is not seen from here, the user alone counts. Only Linux tells; elsewhere nothing is checked.
    /// <see langword="false"/> is for launchers that start workers as another user: what is left then is the proof of the token.
    /// </value>
    public bool VerifyPeer { get; set; } = true;

    /// <summary>Limits of the connections.</summary>
    /// <value>Default: <see cref="FramedConnectionOptions.Default"/>.</value>
    public FramedConnectionOptions Connection { get; set; } = FramedConnectionOptions.Default;
}
