using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct;

// The way from a call to a session. The order is what keeps it free of races: the lease is acquired before the worker can be seen, and a closed registry takes no worker.
public abstract partial class DirectWorkerDispatcher
{
    /// <summary>Starts a worker and makes a session on it.</summary>
    /// <param name="options">How the session behaves; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends the attempt; the worker that was being started is ended. The preparation of the environment goes on, for those who come next.</param>
    /// <returns>A session in state <see cref="WorkerSessionState.Created"/>, which the caller disposes; the worker ends with it.</returns>
    /// <exception cref="ObjectDisposedException">The dispatcher is closed, or was while the worker was being started.</exception>
    /// <exception cref="WorkerEnvironmentException">The environment cannot be prepared.</exception>
    /// <exception cref="WorkerStartException">The worker could not be started, or ended before it was ready.</exception>
    /// <exception cref="WorkerTimeoutException">The worker was not ready in time, a callable of its environment took too long, or other processes kept it locked for too long.</exception>
    /// <exception cref="WorkerException">The worker answered something else than it should.</exception>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    public sealed override async ValueTask<WorkerSession> CreateSessionAsync(WorkerSessionOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_operations.TryEnter())
        {
            throw Closed();
        }

        try
        {
            if (Interlocked.Exchange(ref _wasUsed, 1) == 0)
            {
                // From now on there is something to end.
                ExitCoordinator.Instance.Add(_exit);
            }

            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
            try
            {
                await _environment.EnsureReadyAsync(linked.Token).ConfigureAwait(false);
                LocalWorker worker = await _starter.StartAsync(linked.Token).ConfigureAwait(false);
                return await OpenSessionOnAsync(worker, options, linked.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException("The creation of a session was cancelled by its caller.", exception, cancellationToken);
            }
            catch (Exception exception) when (exception is not ObjectDisposedException && _closing.IsCancellationRequested)
            {
                // Whatever a hook made of it: it was the close that ended the attempt.
                throw Closed(exception);
            }
        }
        finally
        {
            _operations.Exit();
        }
    }

    private async Task<WorkerSession> OpenSessionOnAsync(LocalWorker worker, WorkerSessionOptions? options, CancellationToken cancellationToken)
    {
        var lease = new LocalWorkerLease(worker, _registry);
        try
        {
            if (!_registry.TryPublish(worker))
            {
                throw Closed();
            }

            var context = new WorkerSessionContext(lease, options)
            {
                Listener = _listener,
                PrepareInit = _initResolver.Resolve,
                TimeProvider = TimeProvider,
            };
            return await OpenSessionAsync(worker.Connection, context, cancellationToken).ConfigureAwait(false)
                ?? throw new InvalidOperationException("The transport returned no session.");
        }
        catch (Exception exception)
        {
            // A worker that is merely at capacity has not ended; anything else that breaks a connection may have been its end.
            WorkerException? explained = exception is WorkerConnectionException { IsAtCapacity: false } failure ? await worker.ExplainAsync(failure).ConfigureAwait(false) : null;
            await _registry.EndAsync(worker, "no session could be opened on it").ConfigureAwait(false);
            if (explained is null || ReferenceEquals(explained, exception))
            {
                throw;
            }

            throw explained;
        }
    }

    private ObjectDisposedException Closed(Exception? cause = null) =>
        new($"Dispatcher is closed: {GetType().Name} makes no sessions any more. Create them before it is disposed, or make a new dispatcher.", cause);
}
