using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol;

/// <summary>
/// The engine's side of one execution: what is about to be sent and what was received goes in, decisions come out. It reads no
/// socket and copies no batch.
/// </summary>
/// <remarks>
/// Not thread-safe: the caller serialises all calls, and writes what a <c>TrySend…</c> has allowed before it asks for the next
/// message. Asked in vain, it sends nothing: the execution has failed, is being cancelled or has ended meanwhile.
/// </remarks>
public sealed partial class EngineExecution
{
    private ProtocolViolation? _lateViolation;
    private bool _initWasSent;
    private bool _finishWasSent;
    private bool _cancelWasSent;
    private bool _errorResponseWasSeen;
    private bool _initWasAnswered;
    private bool _isCleanEnd;

    /// <summary>Where the execution stands.</summary>
    public EngineExecutionState State { get; private set; } = EngineExecutionState.Created;

    /// <summary>The worker's answer to <c>Init</c>; null before it.</summary>
    public InitResponse? InitResponse { get; private set; }

    /// <summary>The first error that the worker reported before its terminator; null if there is none.</summary>
    public ExecutionError? Error { get; private set; }

    /// <summary>How the execution ended; null before it has.</summary>
    public EngineExecutionOutcome? Outcome { get; private set; }

    /// <summary>Whether <c>Cancel</c> must be sent because of an error that the worker reported.</summary>
    public bool IsCancelDue => State == EngineExecutionState.Failed;

    /// <summary>
    /// Whether a further execution may be begun on the same connection: only after a clean terminator, never after one that met
    /// a <c>Cancel</c> on its way, and never after anything that came behind the terminator.
    /// </summary>
    public bool IsConnectionReusable => _isCleanEnd && _lateViolation is null;

    /// <summary>Whether <c>Init</c> is to be sent now.</summary>
    /// <param name="isChunking">Whether its payload is completed by chunks (<c>Init.is_chunking_payload</c>).</param>
    /// <returns>False if the execution was cancelled before it began.</returns>
    /// <exception cref="InvalidOperationException"><c>Init</c> has been sent.</exception>
    public bool TrySendInit(bool isChunking)
    {
        if (State == EngineExecutionState.Created)
        {
            State = isChunking ? EngineExecutionState.SendingChunks : EngineExecutionState.AwaitingInitResponse;
            _initWasSent = true;
            return true;
        }

        return _initWasSent ? throw Misuse("Init") : false;
    }

    /// <summary>Whether the next <c>PayloadChunk</c> is to be sent now.</summary>
    /// <param name="isLast">Whether it is the last one.</param>
    /// <returns>False if the rest of the payload is not wanted any more.</returns>
    /// <exception cref="InvalidOperationException">No chunks are being sent.</exception>
    public bool TrySendChunk(bool isLast)
    {
        if (State != EngineExecutionState.SendingChunks)
        {
            return IsSendingOver ? false : throw Misuse("PayloadChunk");
        }

        if (isLast)
        {
            State = EngineExecutionState.AwaitingInitResponse;
        }

        return true;
    }

    /// <summary>Whether the next batch is to be sent now.</summary>
    /// <returns>False if no more input is wanted.</returns>
    /// <exception cref="InvalidOperationException">Init has not been answered, or <c>Finish</c> has been sent.</exception>
    public bool TrySendData()
    {
        if (State == EngineExecutionState.Data)
        {
            return true;
        }

        return IsSendingOver ? false : throw Misuse("DataRequest");
    }

    /// <summary>Whether <c>Finish</c> is to be sent now.</summary>
    /// <returns>False if the execution does not end this way any more.</returns>
    /// <exception cref="InvalidOperationException">Init has not been answered, or <c>Finish</c> has been sent.</exception>
    public bool TrySendFinish()
    {
        if (State == EngineExecutionState.Data)
        {
            State = EngineExecutionState.Finishing;
            _finishWasSent = true;
            return true;
        }

        return IsSendingOver ? false : throw Misuse("Finish");
    }

    /// <summary>
    /// Whether <c>Cancel</c> is to be sent now: at most once, at any time after <c>Init</c>. An execution of which nothing has
    /// been sent ends at once: a worker may never answer a <c>Cancel</c> between executions.
    /// </summary>
    /// <returns>False if it has been sent, or if there is nothing to cancel any more.</returns>
    public bool TrySendCancel()
    {
        switch (State)
        {
            case EngineExecutionState.Created:
                End(new EngineExecutionOutcome(EngineOutcomeKind.Cancelled, error: null), isClean: true);
                return false;
            case EngineExecutionState.SendingChunks:
            case EngineExecutionState.AwaitingInitResponse:
            case EngineExecutionState.Data:
            case EngineExecutionState.Finishing:
            case EngineExecutionState.Failed:
                State = EngineExecutionState.Cancelling;
                _cancelWasSent = true;
                return true;
            case EngineExecutionState.Cancelling:
            case EngineExecutionState.Ended:
                return false;
            default:
                throw new InvalidOperationException($"Unknown state {State}.");
        }
    }

    private bool IsSendingOver => State is EngineExecutionState.Failed or EngineExecutionState.Cancelling or EngineExecutionState.Ended;

    private EngineAction End(EngineExecutionOutcome outcome, bool isClean)
    {
        State = EngineExecutionState.Ended;
        Outcome = outcome;
        _isCleanEnd = isClean;
        return EngineAction.Ended;
    }

    private InvalidOperationException Misuse(string message) =>
        new($"{message} must not be sent while the execution is {State}.");
}
