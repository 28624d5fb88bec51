namespace Udf.Worker.Protocol;

/// <summary>A worker's answer to a preface. The numbers are those on the wire.</summary>
public enum PrefaceStatus : byte
{
    /// <summary>Frames follow.</summary>
    Accepted = 0,

    /// <summary>There is no version of the protocol that both speak.</summary>
    NoCommonVersion = 1,

    /// <summary>The engine does not have this worker's token.</summary>
    MacWrong = 2,

    /// <summary>The role is not known, or this worker does not offer it.</summary>
    RoleNotOffered = 3,

    /// <summary>Not now; another worker may be tried.</summary>
    AtCapacity = 4,
}
