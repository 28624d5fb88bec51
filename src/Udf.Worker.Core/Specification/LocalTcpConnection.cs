namespace Udf.Worker;

/// <summary>The worker listens on a TCP port, which it is given, of the loopback addresses.</summary>
public sealed record LocalTcpConnection : WorkerConnectionSpecification
{
    internal override string FieldName => SpecificationFields.Tcp;
}
