namespace Udf.Worker.Host.Internal;

/// <summary>What has become of a <see cref="PendingPeer"/>.</summary>
internal enum PendingPeerStatus
{
    /// <summary>More is to come.</summary>
    Waits,

    /// <summary>Its preface is whole.</summary>
    Complete,

    /// <summary>It speaks something else.</summary>
    Foreign,

    /// <summary>It has closed its side.</summary>
    Gone,
}
