namespace Udf.Worker;

// The end of a session, and what hears of it: each step guarded, so that the lease is given back whatever throws.
public abstract partial class WorkerSession
{
    private async ValueTask<WorkerSessionOutcome> CloseOnceAsync()
    {
        await CancelAsync("the session was closed before it had ended").ConfigureAwait(false);
        await HooksBeforeCloseAsync().ConfigureAwait(false);
        try
        {
            await CloseCoreAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            TrySettle(WorkerSessionOutcome.TransportFailed(exception));
            Report("close the session", exception);
        }

        SettleUnlessSettled("closing it left none");
        WorkerSessionOutcome outcome = Outcome!;
        WorkerLeaseHandle lease = Context.Lease;
        if (!outcome.IsSalvageable)
        {
            Guard("mark the worker as invalid", (lease, outcome), static state => state.lease.MarkInvalid(state.outcome.Exception!));
        }

        try
        {
            await lease.ReleaseAsync(outcome).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Report("give the worker back", exception);
        }

        Context.LetGoOfLease();

        return outcome;
    }

    /// <summary>Waits for the hooks that others are about to call: one that was begun before the close does not come after it.</summary>
    private async ValueTask HooksBeforeCloseAsync()
    {
        if (_state.Reached != WorkerSessionState.Created)
        {
            await _initBegun.Task.ConfigureAwait(false);
        }

        if (IsCancelRequested)
        {
            await _cancelPlaced.Task.ConfigureAwait(false);
        }
    }

    private void NotifyState(WorkerSessionState state, string? detail)
    {
        // A listener that throws never breaks a session; there is nobody to tell but the listener itself.
        Guard("tell the listener of a state", (Session: this, state, detail), static told =>
            told.Session.Context.Listener.StateChanged(told.Session, told.state, told.detail ?? told.Session.Outcome!.ToString()));
        if (state == WorkerSessionState.Terminal)
        {
            Guard("tell the listener of the end", this, static session => session.Context.Listener.Settled(session, session.Outcome!));
        }
    }

    private void Guard<TState>(string operation, TState state, Action<TState> action)
    {
        try
        {
            action(state);
        }
        catch (Exception exception)
        {
            Report(operation, exception);
        }
    }

    private void Report(string operation, Exception exception)
    {
        try
        {
            Context.Listener.OperationFailed(this, operation, exception);
        }
        catch (Exception)
        {
            // The listener is the last to be told; a broken one has nobody behind it.
        }
    }
}
