namespace Udf.Worker.Protocol;

/// <summary>What an engine makes of the first bytes from a worker.</summary>
public enum WorkerPrefaceOutcome
{
    /// <summary>The worker has proved itself and takes the connection.</summary>
    Accepted,

    /// <summary>The worker has proved itself and does not take the connection.</summary>
    Refused,

    /// <summary>An answer in the right form whose MAC is wrong. Nothing in it may be trusted.</summary>
    NotVerified,

    /// <summary>A verified answer that breaks the rules: a version or features that were not offered.</summary>
    Invalid,

    /// <summary>The bytes end within what may have become an answer.</summary>
    Incomplete,

    /// <summary>Somebody else answered.</summary>
    Foreign,
}
