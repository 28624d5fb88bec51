namespace Udf.Worker.Direct.Internal;

/// <summary>
/// The environment of one dispatcher's workers: verified and installed at most once at a time, whoever asks, and cleaned up at the end. Holds the state and is its only writer.
/// </summary>
/// <remarks>
/// An attempt belongs to no caller: each waits for it with its own token, and nobody's cancellation ends it or counts as its failure.
/// Transient failures are tried again within the attempt; what is still transient then leaves the state open, as does a verification that times out, so that the next caller tries again.
/// All else is permanent, and remembered.
/// </remarks>
internal sealed partial class WorkerEnvironmentPreparation
{
    private readonly ProcessContext _context;
    private readonly EnvironmentSteps _steps;
    private readonly CancellationToken _closing;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private EnvironmentState _state = EnvironmentState.Pending;
    private EnvironmentFailure? _permanentFailure;
    private Task<EnvironmentFailure?>? _attempt;
    private bool _wasTouched;

    /// <summary>Creates the preparation; nothing runs yet.</summary>
    /// <param name="environment">What the specification says; <see langword="null"/> for nothing.</param>
    /// <param name="context">What all processes of the dispatcher share.</param>
    /// <param name="closing">Falls when the dispatcher closes: a callable that runs is killed.</param>
    public WorkerEnvironmentPreparation(WorkerEnvironment? environment, ProcessContext context, CancellationToken closing)
    {
        _context = context;
        _closing = closing;
        _steps = new EnvironmentSteps(environment, context);
    }

    /// <summary>Where the environment is. It may have moved on by the time it is looked at.</summary>
    public EnvironmentState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>Waits until workers can be started, and sets that about if nobody has yet.</summary>
    /// <param name="cancellationToken">Ends this wait, not the attempt.</param>
    /// <exception cref="WorkerEnvironmentException">The installation failed, now or earlier.</exception>
    /// <exception cref="WorkerTimeoutException">A callable took too long.</exception>
    /// <exception cref="WorkerStartException">The launcher threw.</exception>
    /// <exception cref="OperationCanceledException">The token fell, or the dispatcher was closed.</exception>
    public ValueTask EnsureReadyAsync(CancellationToken cancellationToken)
    {
        Task<EnvironmentFailure?> attempt;
        lock (_gate)
        {
            switch (_state)
            {
                case EnvironmentState.Ready:
                    return ValueTask.CompletedTask;
                case EnvironmentState.Failed:
                    throw _permanentFailure!.ToLaterException();
                case EnvironmentState.CleanedUp:
                    throw new OperationCanceledException("The environment of the worker has been cleaned up.", _closing);
                case EnvironmentState.Pending when _steps.NothingToPrepare:
                    _wasTouched = true;
                    _state = EnvironmentState.Ready;
                    return ValueTask.CompletedTask;
                case EnvironmentState.Pending:
                    _wasTouched = true;
                    _state = EnvironmentState.Preparing;

                    attempt = _attempt = Detached.Run(AttemptAsync);
                    break;
                case EnvironmentState.Preparing:
                    attempt = _attempt!;
                    break;
                default:
                    throw new InvalidOperationException($"Unknown state {_state}.");
            }
        }

        return WaitAsync(attempt, cancellationToken);
    }

    /// <summary>
    /// Runs the cleanup, once, if a preparation was ever begun: an environment that nobody asked for is not touched. Called when all workers have ended. Never fails; what goes wrong is logged.
    /// </summary>
    public async ValueTask CleanUpAsync()
    {
        Task? attempt;
        bool wasTouched;
        lock (_gate)
        {
            if (_state == EnvironmentState.CleanedUp)
            {
                return;
            }

            attempt = _attempt;
            wasTouched = _wasTouched;
            _state = EnvironmentState.CleanedUp;
        }

        if (attempt is not null)
        {
            // It is being killed, because the dispatcher closes; the cleanup must not run beside it.
            await attempt.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (wasTouched)
        {
            await _steps.CleanUpAsync().ConfigureAwait(false);
        }
    }

    private static async ValueTask WaitAsync(Task<EnvironmentFailure?> attempt, CancellationToken cancellationToken)
    {
        if (await attempt.WaitAsync(cancellationToken).ConfigureAwait(false) is { } failure)
        {
            throw failure.ToException();
        }
    }

    private async Task<EnvironmentFailure?> AttemptAsync()
    {
        EnvironmentState next = EnvironmentState.Pending;
        EnvironmentFailure? failure = null;
        try
        {
            failure = await PrepareAsync().ConfigureAwait(false);
            next = failure switch
            {
                null => EnvironmentState.Ready,
                { IsTransient: true } => EnvironmentState.Pending,
                _ => EnvironmentState.Failed,
            };
        }
        finally
        {
            lock (_gate)
            {
                if (_state == EnvironmentState.Preparing)
                {
                    _state = next;
                    _permanentFailure = next == EnvironmentState.Failed ? failure : null;
                }
            }
        }

        return failure;
    }

    // The lock of the environment is free between two attempts: another process may succeed in the meantime, and the next verification finds it.
    private async Task<EnvironmentFailure?> PrepareAsync()
    {
        DirectWorkerSettings settings = _context.Settings;
        for (int attempt = 1; ; attempt++)
        {
            EnvironmentFailure? failure = await _steps.PrepareAsync(_closing).ConfigureAwait(false);
            if (failure is not { IsRetried: true } || attempt >= settings.EnvironmentAttemptCount)
            {
                return failure is null ? null : failure with { AttemptCount = attempt };
            }

            TimeSpan delay = EnvironmentBackoff.After(attempt, settings);
            Log.Retried(_context.Logger, attempt, settings.EnvironmentAttemptCount, delay.TotalMilliseconds, failure.Summary);
            await Task.Delay(delay, _context.TimeProvider, _closing).ConfigureAwait(false);
        }
    }
}
