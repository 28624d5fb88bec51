namespace Udf.Worker.Direct.Internal;

/// <summary>What is to be done for an environment, one attempt at a time: verification and installation under its lock, and the cleanup. Holds no state.</summary>
internal sealed partial class EnvironmentSteps
{
    private readonly ProcessContext _context;
    private readonly EnvironmentCallable? _verification;
    private readonly EnvironmentCallable? _installation;
    private readonly EnvironmentCallable? _cleanup;
    private readonly EnvironmentLock? _lock;

    /// <summary>Takes an environment apart; nothing runs yet.</summary>
    /// <param name="environment">What the specification says; <see langword="null"/> for nothing.</param>
    /// <param name="context">What all processes of the dispatcher share.</param>
    public EnvironmentSteps(WorkerEnvironment? environment, ProcessContext context)
    {
        _context = context;
        _verification = Callable(environment?.Verification, "verification", "environment.environmentVerification");
        _installation = Callable(environment?.Installation, "installation", "environment.installation");
        _cleanup = Callable(environment?.Cleanup, "cleanup", "environment.environmentCleanup");

        // What is never installed needs nobody kept out.
        _lock = _installation is null ? null : new EnvironmentLock(environment!, context);

        EnvironmentCallable? Callable(ProcessCallable? callable, string name, string path) =>
            callable is null ? null : new EnvironmentCallable(name, new CommandLine(callable, path), context);
    }

    /// <summary>Whether there is nothing to verify or install.</summary>
    public bool NothingToPrepare => _verification is null && _installation is null;

    /// <summary>
    /// One attempt. Verification comes directly before the installation, under the lock, so that what another process has installed in the meantime is found. Who does not get the lock at once verifies
    /// without it first: an environment that is ready keeps nobody waiting.
    /// </summary>
    /// <param name="cancellationToken">Kills what runs and ends the wait for the lock.</param>
    /// <returns>Why the environment is not ready, or <see langword="null"/>: it is.</returns>
    public async Task<EnvironmentFailure?> PrepareAsync(CancellationToken cancellationToken)
    {
        LockAttempt attempt = _lock?.TryTake() ?? default;
        if (_lock is not null && attempt.IsTaken)
        {
            (bool isVerified, EnvironmentFailure? stop) = await VerifyAsync(cancellationToken).ConfigureAwait(false);
            if (isVerified || stop is not null)
            {
                return stop;
            }

            attempt = await _lock.TakeAsync(cancellationToken).ConfigureAwait(false);
            if (attempt.IsTaken)
            {
                return EnvironmentFailure.Locked(_lock);
            }
        }

        using (attempt)
        {
            return attempt.Problem is { } problem && RefuseOrWarn(problem) is { } refusal
                ? refusal
                : await VerifyAndInstallAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Runs the cleanup, if there is one, while nobody installs the same environment. Never fails; what goes wrong is logged.</summary>
    public async Task CleanUpAsync()
    {
        if (_cleanup is null)
        {
            return;
        }

        using LockAttempt attempt = _lock is null ? default : await _lock.TakeAsync(CancellationToken.None).ConfigureAwait(false);
        if (_lock is not null && attempt.IsTaken)
        {
            // It would take away what they are making.
            Log.CleanupLeftOut(_context.Logger, _lock.FilePath, _lock.Limit.TotalMilliseconds);
            return;
        }

        if (attempt.Problem is { } problem)
        {
            Log.NoLock(_context.Logger, problem);
        }

        string? failure;
        try
        {
            CallableResult result = await _cleanup.RunAsync(CancellationToken.None).ConfigureAwait(false);
            failure = result.Succeeded ? null : EnvironmentFailure.Of(_cleanup, result).Message;
        }
        catch (WorkerStartException exception)
        {
            failure = exception.Message;
        }

        if (failure is not null)
        {
            Log.CleanupFailed(_context.Logger, failure);
        }
    }

    // A directory that was asked for is a promise to keep; without the default one a host that is alone, as most are, still works.
    private EnvironmentFailure? RefuseOrWarn(string problem)
    {
        if (_lock!.IsRequired)
        {
            return EnvironmentFailure.NoLock(problem);
        }

        Log.NoLock(_context.Logger, problem);
        return null;
    }

    private async Task<EnvironmentFailure?> VerifyAndInstallAsync(CancellationToken cancellationToken)
    {
        (bool isVerified, EnvironmentFailure? stop) = await VerifyAsync(cancellationToken).ConfigureAwait(false);
        if (isVerified || stop is not null || _installation is null)
        {
            return stop;
        }

        CallableResult result = await _installation.RunAsync(cancellationToken).ConfigureAwait(false);
        if (result.Succeeded)
        {
            Log.Installed(_context.Logger);
            return null;
        }

        bool isTransient = IsTransient(WorkerEnvironmentStep.Installation, result);
        return EnvironmentFailure.Of(_installation, result) with { IsTransient = isTransient, IsRetried = isTransient };
    }

    // Three answers: it is there; it is not, so install it; that could not be found out.
    private async Task<(bool IsVerified, EnvironmentFailure? Stop)> VerifyAsync(CancellationToken cancellationToken)
    {
        if (_verification is null)
        {
            return (false, null);
        }

        CallableResult result = await _verification.RunAsync(cancellationToken).ConfigureAwait(false);
        if (result.Succeeded)
        {
            Log.Verified(_context.Logger);
            return (true, null);
        }

        EnvironmentFailure failure = EnvironmentFailure.Of(_verification, result);
        bool isTransient = IsTransient(WorkerEnvironmentStep.Verification, result);
        if (isTransient || result.TimedOut)
        {
            return (false, failure with { IsTransient = true, IsRetried = isTransient });
        }

        // A verification that cannot even be started says the same as one that fails: what it looks for is not there.
        Log.NotVerified(_context.Logger, failure.Message);
        return (false, null);
    }

    private bool IsTransient(WorkerEnvironmentStep step, CallableResult result) => _context.Settings.IsTransientEnvironmentFailure(new WorkerEnvironmentFailure
    {
        Step = step,
        Exit = result.Exit,
        StartException = result.StartException,
        TimedOut = result.TimedOut,
        OutputTail = result.OutputTail,
    });
}
