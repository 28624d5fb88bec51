using Udf.Worker.Protocol.Internal;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol;

/// <summary>A <see cref="WorkerSpecification"/> as Spark's protobuf message, with this library's extensions, and back.</summary>
/// <remarks>
/// Nothing is validated: see <see cref="WorkerSpecification.Validate"/>. Enum numbers that are not known stay as they are. Fields
/// that are not known to this library are lost. Safe from any thread.
/// </remarks>
public static class WorkerSpecificationProto
{
    /// <summary>Writes a specification as a message.</summary>
    /// <param name="specification">The specification; it need not be valid.</param>
    /// <returns>A new message. Equal specifications give equal messages.</returns>
    /// <exception cref="WorkerSpecificationException">
    /// The specification holds what has no form in protobuf: a time limit that is not a whole number of milliseconds in an int32,
    /// or half of a surrogate pair.
    /// </exception>
    public static UDFWorkerSpecification ToProto(WorkerSpecification specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        return new SpecificationProtoWriter().Write(specification);
    }

    /// <summary>Reads a specification from a message.</summary>
    /// <param name="message">The message; it is not kept.</param>
    /// <returns>The specification. A connection without a transport is read as none.</returns>
    public static WorkerSpecification FromProto(UDFWorkerSpecification message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return SpecificationProtoReader.Read(message);
    }
}
