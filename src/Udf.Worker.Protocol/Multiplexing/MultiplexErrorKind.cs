namespace Udf.Worker.Protocol;

/// <summary>What breaks a multiplexed connection, with all executions on it.</summary>
public enum MultiplexErrorKind
{
    /// <summary>A frame of a kind that is not known: the peer has lost step.</summary>
    UnknownKind,

    /// <summary>A frame with more bytes than any may have.</summary>
    TooLong,

    /// <summary>A frame whose kind has another length.</summary>
    WrongLength,

    /// <summary>A frame of a stream that was never opened, or that opens one with something else than <c>Init</c>.</summary>
    NeverOpened,

    /// <summary>An initial window that is not the very first frame.</summary>
    LateInitialWindow,

    /// <summary>A window beyond 2^31.</summary>
    WindowTooLarge,

    /// <summary>A frame that costs window was sent without one, or more was sent that costs none than anybody needs.</summary>
    WindowExceeded,

    /// <summary>A message in parts that ends before its end.</summary>
    UnfinishedPart,
}
