namespace Udf.Worker.Protocol;

/// <summary>Why a stream was reset. The numbers are those on the wire; others mean a failure.</summary>
public enum StreamResetCode : byte
{
    /// <summary>Something went wrong.</summary>
    Failure = 0,

    /// <summary>The execution was refused before anything of it ran; another worker may be tried.</summary>
    Refused = 1,

    /// <summary>The execution is not wanted any more.</summary>
    NotWanted = 2,
}
