namespace Udf.Worker;

// The end of a session, and what hears of it: each step guarded, so that the lease is given back whatever throws.
public abstract partial class WorkerSession
{
    private async ValueTask<WorkerSessionOutcome> CloseOnceAsync()
    {
        await CancelAsync("the session was closed before it had ended").ConfigureAwait(false);
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
        WorkerLease lease = Context.Lease;
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

        return outcome;
    }

    private void NotifyState(WorkerSessionState state, string detail)
    {
        // A listener that throws never breaks a session; there is nobody to tell but the listener itself.
        try
        {
            Context.Listener.StateChanged(this, state, detail);
            if (state == WorkerSessionState.Terminal)
            {
                Context.Listener.Settled(this, Outcome!);
            }
        }
        catch (Exception exception)
        {
            Report("tell the listener of a state", exception);
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
