namespace Udf.Worker;

/// <summary>The worker listens on a Unix domain socket whose path it is given.</summary>
public sealed record UnixDomainSocketConnection : WorkerConnectionSpecification
{
    internal override string FieldName => SpecificationFields.UnixDomainSocket;
}
