namespace Udf.Worker.Protocol;

/// <summary>The versions of the protocol that this library speaks, in prefaces and in <c>Init.protocol_version</c>.</summary>
public static class ProtocolVersion
{
    /// <summary>The first version; what an <c>Init</c> without a version means.</summary>
    public const int First = 1;

    /// <summary>The highest version that this library speaks.</summary>
    public const int Highest = 1;
}
