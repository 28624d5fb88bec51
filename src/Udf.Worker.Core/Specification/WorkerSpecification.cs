namespace Udf.Worker;

/// <summary>
/// The description of a worker: how its environment is made, what it can do, how it is started and reached, what its sessions are given.
/// Immutable; two specifications are equal if their contents are, so it serves as a key. Safe for use from any thread.
/// </summary>
/// <remarks>
/// Any content can be put into one, as into the JSON or protobuf that it may come from; <see cref="Validate"/> says whether it describes a worker.
/// <example>
/// <code>
/// WorkerSpecification worker = WorkerSpecification.ForCommand("python3", "worker.py")
///     .OverUnixDomainSocket()
///     .WithReuse();
/// </code>
/// </example>
/// </remarks>
public sealed partial record WorkerSpecification
{
    // 0 until somebody asked; then it stays, as the record is immutable. Never copied: what is copied is about to change.
    private int _hashCode;

    /// <summary>Creates an empty specification; it describes no worker yet.</summary>
    public WorkerSpecification()
    {
    }

    private WorkerSpecification(WorkerSpecification original)
    {
        Environment = original.Environment;
        Capabilities = original.Capabilities;
        Session = original.Session;
        Direct = original.Direct;
    }

    /// <summary>What makes a machine ready for the worker. Null if nothing needs to be done.</summary>
    public WorkerEnvironment? Environment { get; init; }

    /// <summary>What the worker can do. Required.</summary>
    public WorkerCapabilities? Capabilities { get; init; }

    /// <summary>What each session is given when it begins. Null if nothing.</summary>
    public WorkerSessionSpecification? Session { get; init; }

    /// <summary>How the worker is started as a local process. Required: there is no other kind of worker yet.</summary>
    public DirectWorker? Direct { get; init; }

    /// <summary>Whether the other specification has the same content. Maps compare whatever the order of their entries.</summary>
    /// <param name="other">The other specification, or null.</param>
    /// <returns>True if they are equal.</returns>
    public bool Equals(WorkerSpecification? other) =>
        ReferenceEquals(this, other)
        || (other is not null
            && GetHashCode() == other.GetHashCode()
            && Equals(Environment, other.Environment)
            && Equals(Capabilities, other.Capabilities)
            && Equals(Session, other.Session)
            && Equals(Direct, other.Direct));

    /// <summary>A hash of the content, computed once.</summary>
    /// <returns>The hash.</returns>
    public override int GetHashCode()
    {
        // Two threads may compute it at once: both find the same number.
        int hashCode = _hashCode;
        if (hashCode == 0)
        {
            hashCode = HashCode.Combine(Environment, Capabilities, Session, Direct);
            _hashCode = hashCode == 0 ? 1 : hashCode;
        }

        return _hashCode;
    }
}
