using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct;

// The way from a call to a session. The order is what keeps it free of races: the lease is acquired before the session can be seen, and a closed pool gives none.
public abstract partial class DirectWorkerDispatcher
{
    // How many workers are tried for one session, if they turn out to be full, or to have died while they were idle.
    private const int MaximumWorkersForASession = 3;

    /// <summary>Makes a session on a worker of the pool: an idle one, or one that is not full, or a new one, or the first that becomes free.</summary>
    /// <param name="options">How the session behaves; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends the attempt; a worker that was being started for this call alone is ended. The preparation of the environment goes on, for those who come next.</param>
    /// <returns>A session in state <see cref="WorkerSessionState.Created"/>, which the caller disposes; that gives the worker back.</returns>
    /// <exception cref="ObjectDisposedException">The dispatcher is closed or drained, or was while the caller waited.</exception>
    /// <exception cref="WorkerPoolExhaustedException">All workers are busy, no more may be started, and too many wait (<see cref="WorkerPoolOptions.MaxWaiting"/>) or this call did for too long
    /// (<see cref="WorkerPoolOptions.AcquireTimeout"/>); or starts fail and the next is tried too late for this call.</exception>
    /// <exception cref="WorkerEnvironmentException">The environment cannot be prepared.</exception>
    /// <exception cref="WorkerStartException">The worker could not be started, or ended before it was ready.</exception>
    /// <exception cref="WorkerTimeoutException">The worker was not ready in time, a callable of its environment took too long, or other processes kept it locked for too long.</exception>
    /// <exception cref="WorkerException">The worker answered something else than it should.</exception>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    public sealed override async ValueTask<WorkerSession> CreateSessionAsync(WorkerSessionOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Enter();
        try
        {
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
            try
            {
                await _environment.EnsureReadyAsync(linked.Token).ConfigureAwait(false);
                WorkerSession session = await CreateOnAnyAsync(options ?? WorkerSessionOptions.Default, cancellationToken, linked.Token).ConfigureAwait(false);
                if (!_closing.IsCancellationRequested)
                {
                    return session;
                }

                // The close had begun, and had not got round to its worker yet: no session is given away whose worker is about to be ended.
                await session.CloseAsync().ConfigureAwait(false);
                throw Closed();
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

    private void Enter()
    {
        if (!_operations.TryEnter())
        {
            throw Closed();
        }

        if (Interlocked.Exchange(ref _wasUsed, 1) == 0)
        {
            // From now on there is something to end.
            ExitCoordinator.Instance.Add(_exit);
        }
    }

    // For a session, and for what is started ahead of one.
    private async Task<LocalWorker> StartWorkerAsync(CancellationToken cancellationToken)
    {
        await _environment.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        return await _starter.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<WorkerSession> CreateOnAnyAsync(WorkerSessionOptions options, CancellationToken callerToken, CancellationToken linkedToken)
    {
        TimeSpan begun = _pool.Now;
        for (int attempt = 1; ; attempt++)
        {
            PoolLease lease = await _pool.AcquireAsync(options.SecurityScope, attempt == 1 ? null : begun, callerToken).ConfigureAwait(false);
            long use = lease.Number;
            if (lease is { IsUsedAgain: true, Worker.FatalLine: { } line } && attempt < MaximumWorkersForASession)
            {
                // Printed while it was idle.
                await lease.ReturnAsync(use, $"its output shows a fatal error: {line}").ConfigureAwait(false);
                continue;
            }

            try
            {
                return await OpenSessionOnAsync(lease, options, linkedToken).ConfigureAwait(false);
            }
            catch (WorkerConnectionException exception) when (exception.IsAtCapacity && lease.IsShared && attempt < MaximumWorkersForASession)
            {
                // It gets no more sessions than it has: another is chosen.
                await lease.ReturnAsync(use, fault: null, isFull: true).ConfigureAwait(false);
            }
            catch (WorkerException exception) when (lease.IsUsedAgain && attempt < MaximumWorkersForASession && (lease.Worker.IsLost || exception is WorkerConnectionException { IsAtCapacity: true }))
            {
                // It died while it was idle, and nobody had noticed yet, or it still runs what has ended here. It was no session's fault, and nothing has been sent.
                await lease.ReturnAsync(use, PoolReasons.NoSession).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                WorkerException? explained = exception is WorkerConnectionException { IsAtCapacity: false } failure ? await lease.ExplainAsync(failure).ConfigureAwait(false) : null;
                bool isWell = exception is OperationCanceledException ? _pool.IsReused && exception is not HookStuckException : lease.IsShared && exception is WorkerConnectionException { IsAtCapacity: true };
                await lease.ReturnAsync(use, isWell ? null : PoolReasons.NoSession, isFull: isWell && exception is WorkerConnectionException).ConfigureAwait(false);
                if (explained is null || ReferenceEquals(explained, exception))
                {
                    throw;
                }

                throw explained;
            }
        }
    }

    private async Task<WorkerSession> OpenSessionOnAsync(PoolLease lease, WorkerSessionOptions options, CancellationToken cancellationToken)
    {
        var context = new WorkerSessionContext(lease, options)
        {
            Listener = _listener,
            PrepareInit = init => PrepareInit(init, options.SecurityScope),
            TimeProvider = TimeProvider,
        };
        lease.ExecutionId = context.ExecutionId;
        return await _hooks.RunAsync(nameof(OpenSessionAsync), OpenSessionAsync(lease.Worker.Connection, context, cancellationToken), static session => session.DisposeAsync(), cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidOperationException("The transport returned no session.");
    }

    private WorkerInit PrepareInit(WorkerInit init, WorkerSecurityScope? scope)
    {
        WorkerInit resolved = _initResolver.Resolve(init);
        _pool.Poison.ThrowIfRefused(scope, resolved.Payload);
        return resolved;
    }

    private ObjectDisposedException Closed(Exception? cause = null) =>
        new($"Dispatcher is closed: {GetType().Name} makes no sessions any more. Create them before it is drained or disposed, or make a new dispatcher.", cause);
}
