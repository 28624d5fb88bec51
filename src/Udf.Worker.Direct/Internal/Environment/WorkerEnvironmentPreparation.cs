using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// The environment of one dispatcher's workers: verified and installed at most once at a time, whoever asks, and cleaned up at the end. Holds the state and is its only writer.
/// </summary>
/// <remarks>
/// An attempt belongs to no caller: each waits for it with its own token, and nobody's cancellation ends it or counts as its failure.
/// A failed installation is permanent. A verification that times out leaves the state open, so that the next caller tries again.
/// </remarks>
internal sealed partial class WorkerEnvironmentPreparation
{
    private readonly ILogger _logger;
    private readonly EnvironmentCallable? _verification;
    private readonly EnvironmentCallable? _installation;
    private readonly EnvironmentCallable? _cleanup;
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
        _logger = context.Logger;
        _closing = closing;
        _verification = Callable(environment?.Verification, "verification", "environment.environmentVerification");
        _installation = Callable(environment?.Installation, "installation", "environment.installation");
        _cleanup = Callable(environment?.Cleanup, "cleanup", "environment.environmentCleanup");

        EnvironmentCallable? Callable(ProcessCallable? callable, string name, string path) =>
            callable is null ? null : new EnvironmentCallable(name, new CommandLine(callable, path), context);
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
                case EnvironmentState.Pending when _verification is null && _installation is null:
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

        if (_cleanup is not null && wasTouched)
        {
            CallableResult result = await _cleanup.RunAsync(CancellationToken.None).ConfigureAwait(false);
            if (!result.Succeeded)
            {
                Log.CleanupFailed(_logger, EnvironmentFailure.Of(_cleanup, result).Message);
            }
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
            (next, failure) = await PrepareAsync().ConfigureAwait(false);
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

    private async Task<(EnvironmentState Next, EnvironmentFailure? Failure)> PrepareAsync()
    {
        if (_verification is not null)
        {
            CallableResult verified = await _verification.RunAsync(_closing).ConfigureAwait(false);
            if (verified.Succeeded)
            {
                Log.Verified(_logger);
                return (EnvironmentState.Ready, null);
            }

            EnvironmentFailure failure = EnvironmentFailure.Of(_verification, verified);
            if (verified.TimedOut)
            {
                return (EnvironmentState.Pending, failure);
            }

            // A verification that cannot even be started says the same as one that fails: what it looks for is not there.
            Log.NotVerified(_logger, failure.Message);
        }

        if (_installation is null)
        {
            return (EnvironmentState.Ready, null);
        }

        CallableResult installed = await _installation.RunAsync(_closing).ConfigureAwait(false);
        if (installed.Succeeded)
        {
            Log.Installed(_logger);
            return (EnvironmentState.Ready, null);
        }

        return (EnvironmentState.Failed, EnvironmentFailure.Of(_installation, installed));
    }
}
