namespace Udf.Worker.Transport;

/// <summary>What all transports that carry UDF frames ask of a specification.</summary>
public static class FramedSupport
{
    /// <summary>Says what of a specification a transport of frames does not support: another connection than its own, another carrier than frames.</summary>
    /// <typeparam name="TConnection">The connection that the transport makes.</typeparam>
    /// <param name="specification">The specification; may be invalid.</param>
    /// <param name="transport">What the transport is called in a message.</param>
    /// <param name="field">The branch of <c>direct.properties.connection</c> that asks for it.</param>
    /// <returns>Every problem; empty if the specification is supported. Nothing is said of a connection that is missing: validation does.</returns>
    public static IEnumerable<WorkerSpecificationProblem> FindUnsupported<TConnection>(WorkerSpecification specification, string transport, string field)
        where TConnection : WorkerConnectionSpecification
    {
        ArgumentNullException.ThrowIfNull(specification);
        if (specification.Direct?.Properties is not { } properties)
        {
            yield break;
        }

        if (properties.Connection is { } connection and not TConnection)
        {
            yield return new WorkerSpecificationProblem(
                "direct.properties.connection",
                $"This dispatcher reaches its workers over {transport}; the specification asks for {connection.GetType().Name}.",
                $"Set {field}, or use the dispatcher of the other transport.");
        }

        if (properties.Carrier is not (WorkerCarrier.Unspecified or WorkerCarrier.UdfFrames))
        {
            yield return new WorkerSpecificationProblem(
                "direct.properties.carrier",
                $"The worker speaks {(properties.Carrier == WorkerCarrier.Grpc ? "gRPC" : properties.Carrier.ToString())}; this dispatcher speaks UDF frames.",
                "Use a worker that speaks UDF frames (carrier UDF_FRAMES or unset).");
        }
    }
}
