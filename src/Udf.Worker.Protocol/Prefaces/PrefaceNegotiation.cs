namespace Udf.Worker.Protocol;

/// <summary>The worker's judgement of prefaces. Pure: reads no socket and counts no connections.</summary>
/// <remarks>Immutable, safe from any thread. That TCP needs a token is for who opens the endpoint to see to.</remarks>
public sealed class PrefaceNegotiation
{
    private readonly WorkerToken? _token;
    private readonly ConnectionRoles _offered;
    private readonly uint _maxFrameBytes;

    /// <summary>Creates the judgement of one worker.</summary>
    /// <param name="token">The worker's token; null if it has none: it then wants MACs of zeros and answers with zeros.</param>
    /// <param name="offered">The roles that it serves.</param>
    /// <param name="limit">The longest message that it takes in a frame.</param>
    public PrefaceNegotiation(WorkerToken? token, ConnectionRoles offered, FrameLimit limit)
    {
        _token = token;
        _offered = offered;
        _maxFrameBytes = (uint)limit.MaxFrameBytes;
    }

    /// <summary>Judges a preface and makes the answer.</summary>
    /// <param name="request">The preface.</param>
    /// <param name="tryAdmit">
    /// Whether there is room for one more connection of this role, which this call takes. Called at most once, and only if
    /// nothing else speaks against the connection; who does not have the token learns nothing of the worker.
    /// </param>
    public WorkerPreface Answer(in EnginePreface request, Func<ConnectionRole, bool> tryAdmit)
    {
        ArgumentNullException.ThrowIfNull(tryAdmit);
        PrefaceStatus status = Judge(request, tryAdmit);
        byte version = status == PrefaceStatus.NoCommonVersion
            ? (byte)ProtocolVersion.Highest
            : Math.Min(request.HighestVersion, (byte)ProtocolVersion.Highest);

        // No feature is defined in version 1, so none is accepted.
        return WorkerPreface.Create(request, version, status, features: 0, _maxFrameBytes, _token);
    }

    private PrefaceStatus Judge(in EnginePreface request, Func<ConnectionRole, bool> tryAdmit)
    {
        if (!request.VerifyMac(_token))
        {
            return PrefaceStatus.MacWrong;
        }

        if (request.HighestVersion < ProtocolVersion.First)
        {
            return PrefaceStatus.NoCommonVersion;
        }

        if (!IsOffered(request.Role))
        {
            return PrefaceStatus.RoleNotOffered;
        }

        return tryAdmit(request.Role) ? PrefaceStatus.Accepted : PrefaceStatus.AtCapacity;
    }

    private bool IsOffered(ConnectionRole role) => role switch
    {
        ConnectionRole.Execute => _offered.HasFlag(ConnectionRoles.Execute),
        ConnectionRole.Manage => _offered.HasFlag(ConnectionRoles.Manage),
        ConnectionRole.Multiplex => _offered.HasFlag(ConnectionRoles.Multiplex),
        _ => false,
    };
}
