namespace Udf.Worker;

/// <summary>
/// Over what a worker is reached: <see cref="UnixDomainSocketConnection"/>, <see cref="LocalTcpConnection"/> or <see cref="CustomConnection"/>.
/// The list is closed; transports of others are a <see cref="CustomConnection"/> with their name.
/// </summary>
public abstract record WorkerConnectionSpecification
{
    private protected WorkerConnectionSpecification()
    {
    }

    // The branch of the wire's oneof. Being internal and abstract it also keeps the hierarchy closed, which the protected copy constructor of a record would not.
    internal abstract string FieldName { get; }
}
