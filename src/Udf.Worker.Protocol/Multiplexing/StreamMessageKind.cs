namespace Udf.Worker.Protocol;

/// <summary>What a message of a multiplexed stream is, as far as windows are concerned.</summary>
public enum StreamMessageKind
{
    /// <summary>Too few of its bytes are here to tell.</summary>
    Undecided,

    /// <summary>A batch. Costs window.</summary>
    Data,

    /// <summary><c>Init</c>. Costs window.</summary>
    Init,

    /// <summary><c>PayloadChunk</c>. Costs window.</summary>
    Chunk,

    /// <summary><c>Cancel</c> or <c>CancelResponse</c>. Costs nothing, and what is queued before it is dropped.</summary>
    Cancellation,

    /// <summary>Another control message. Costs nothing.</summary>
    Control,

    /// <summary>In an encoding that only a parser understands. Costs window, so that whoever counts it never waits for ever.</summary>
    Unusual,
}
