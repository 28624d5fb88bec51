using System.Diagnostics;

namespace Udf.Worker.Internal;

/// <summary>
/// The state of one session, and the only writer of it. Knows which state may follow which; the first outcome wins and stays.
/// </summary>
/// <param name="changed">Told of each change after it, outside the lock, with the reason; the reason of the end is the outcome, and the text <see langword="null"/>.</param>
internal sealed class SessionStateMachine(Action<WorkerSessionState, string?> changed)
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private WorkerSessionState _state = WorkerSessionState.Created;
    private WorkerSessionState _reached = WorkerSessionState.Created;
    private WorkerSessionOutcome? _outcome;

    internal WorkerSessionState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>How far the session has come in its work: the last state before a cancellation or the end. It tells what has begun when <see cref="State"/> no longer does.</summary>
    internal WorkerSessionState Reached
    {
        get
        {
            lock (_gate)
            {
                return _reached;
            }
        }
    }

    internal WorkerSessionOutcome? Outcome
    {
        get
        {
            lock (_gate)
            {
                return _outcome;
            }
        }
    }

    /// <summary>Moves on to a state that is not the last.</summary>
    /// <returns>Whether it was this call that moved: not from a state that the new one cannot follow, not after the end, and not twice.</returns>
    internal bool TryMoveTo(WorkerSessionState next, string detail)
    {
        Debug.Assert(next != WorkerSessionState.Terminal, "The end needs an outcome: TrySettle.");
        Debug.Assert(!_gate.IsHeldByCurrentThread, "Observers may call back; never notify under the lock.");
        lock (_gate)
        {
            if (!MayFollow(_state, next))
            {
                return false;
            }

            _state = next;
            _reached = next == WorkerSessionState.Cancelling ? _reached : next;
        }

        changed(next, detail);
        return true;
    }

    /// <summary>Ends the session.</summary>
    /// <returns>Whether it was this call that ended it.</returns>
    internal bool TrySettle(WorkerSessionOutcome outcome) => TryEnd(outcome, onlyNew: false);

    /// <summary>Ends a session of which the worker has not heard yet: one step, so that it cannot begin in between.</summary>
    /// <returns>Whether the session was still new and this call ended it.</returns>
    internal bool TrySettleNew(WorkerSessionOutcome outcome) => TryEnd(outcome, onlyNew: true);

    private bool TryEnd(WorkerSessionOutcome outcome, bool onlyNew)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        Debug.Assert(!_gate.IsHeldByCurrentThread, "Observers may call back; never notify under the lock.");
        lock (_gate)
        {
            if (_state == WorkerSessionState.Terminal || (onlyNew && _state != WorkerSessionState.Created))
            {
                return false;
            }

            _state = WorkerSessionState.Terminal;
            _outcome = outcome;
        }

        changed(WorkerSessionState.Terminal, null);
        return true;
    }

    private static bool MayFollow(WorkerSessionState current, WorkerSessionState next) => next switch
    {
        WorkerSessionState.Initializing => current == WorkerSessionState.Created,
        WorkerSessionState.Initialized => current == WorkerSessionState.Initializing,
        WorkerSessionState.Streaming => current == WorkerSessionState.Initialized,
        WorkerSessionState.Finishing => current == WorkerSessionState.Streaming,
        WorkerSessionState.Cancelling => current is not (WorkerSessionState.Created or WorkerSessionState.Cancelling or WorkerSessionState.Terminal),
        WorkerSessionState.Created or WorkerSessionState.Terminal => false,
        _ => throw new ArgumentOutOfRangeException(nameof(next), next, "Unknown state."),
    };
}
