using System.Globalization;

namespace Udf.Worker.Protocol;

/// <summary>The engine's judgement of a worker's answer to its preface.</summary>
public sealed class WorkerPrefaceCheck
{
    private WorkerPrefaceCheck(WorkerPrefaceOutcome outcome, string message, WorkerPreface answer = default, ForeignPeer? foreignPeer = null)
    {
        Outcome = outcome;
        Message = message;
        Answer = answer;
        ForeignPeer = foreignPeer;
    }

    /// <summary>The judgement.</summary>
    public WorkerPrefaceOutcome Outcome { get; }

    /// <summary>The judgement in words, for an error; without the name of the worker, which is not known here.</summary>
    public string Message { get; }

    /// <summary>
    /// The answer. All zeros if there is none; not to be trusted with <see cref="WorkerPrefaceOutcome.NotVerified"/>, where it
    /// tells what was claimed.
    /// </summary>
    public WorkerPreface Answer { get; }

    /// <summary>Who answered instead, with <see cref="WorkerPrefaceOutcome.Foreign"/>; null otherwise.</summary>
    public ForeignPeer? ForeignPeer { get; }

    /// <summary>Judges the first bytes from a worker.</summary>
    /// <param name="sent">The preface that was sent on this connection.</param>
    /// <param name="token">The worker's token; null for a worker that was started without one.</param>
    /// <param name="received">
    /// <see cref="WorkerPreface.SizeBytes"/> bytes, or those that came before the end of the stream or before it was clear that
    /// no answer begins with them (<see cref="PrefaceMagic.CanBeginWith"/>).
    /// </param>
    public static WorkerPrefaceCheck Judge(in EnginePreface sent, WorkerToken? token, ReadOnlySpan<byte> received)
    {
        if (!PrefaceMagic.CanBeginWith(received))
        {
            ForeignPeer peer = ForeignPeer.Guess(received);
            return new(WorkerPrefaceOutcome.Foreign, $"The peer {peer.Description}.", foreignPeer: peer);
        }

        if (!WorkerPreface.TryParse(received, out WorkerPreface answer))
        {
            return new(
                WorkerPrefaceOutcome.Incomplete,
                string.Create(CultureInfo.InvariantCulture, $"The stream ended after {received.Length} of the {WorkerPreface.SizeBytes} bytes of the answer to the preface."));
        }

        if (!answer.VerifyMac(sent, token))
        {
            return new(WorkerPrefaceOutcome.NotVerified, DescribeUnverified(answer, token), answer);
        }

        if (answer.Status != PrefaceStatus.Accepted)
        {
            return new(WorkerPrefaceOutcome.Refused, DescribeRefusal(sent, answer), answer);
        }

        if (answer.Version is < ProtocolVersion.First || answer.Version > sent.HighestVersion || (answer.Features & ~sent.Features) != 0)
        {
            return new(
                WorkerPrefaceOutcome.Invalid,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The worker chose version {answer.Version} and features 0x{answer.Features:X4}; versions {ProtocolVersion.First} to {sent.HighestVersion} and features 0x{sent.Features:X4} were offered."),
                answer);
        }

        return new(WorkerPrefaceOutcome.Accepted, "The worker accepted the connection.", answer);
    }

    private static string DescribeUnverified(in WorkerPreface answer, WorkerToken? token)
    {
        string claim = answer.Status == PrefaceStatus.MacWrong ? " It says the same of the engine's proof." : "";
        return token is null
            ? $"The peer answered the preface with a proof of a token, but this worker was given none ({WorkerToken.EnvironmentVariable}).{claim}"
            : $"The peer answered the preface but could not prove that it has the worker's token ({WorkerToken.EnvironmentVariable}): it may be another process.{claim}";
    }

    private static string DescribeRefusal(in EnginePreface sent, in WorkerPreface answer) => answer.Status switch
    {
        PrefaceStatus.NoCommonVersion => string.Create(
            CultureInfo.InvariantCulture,
            $"The worker speaks no common version: the engine speaks up to version {sent.HighestVersion}, the worker says {answer.Version}."),
        PrefaceStatus.MacWrong => $"The worker refused the engine's proof of its token ({WorkerToken.EnvironmentVariable}).",
        PrefaceStatus.RoleNotOffered => $"The worker does not offer connections of role {sent.Role}.",
        PrefaceStatus.AtCapacity => $"The worker takes no further connection of role {sent.Role} now.",
        PrefaceStatus.Accepted => throw new InvalidOperationException("An accepted preface is no refusal."),
        _ => string.Create(CultureInfo.InvariantCulture, $"The worker refused the connection with status {(byte)answer.Status}, which this version does not know."),
    };
}
