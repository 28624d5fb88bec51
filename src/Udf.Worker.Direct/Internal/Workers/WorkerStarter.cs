using System.ComponentModel;
using System.Security.Cryptography;

namespace Udf.Worker.Direct.Internal;

/// <summary>Starts workers: address, process, readiness. Of an attempt that fails nothing is left when the error comes out.</summary>
internal sealed partial class WorkerStarter
{
    /// <summary>How often a worker is started for one session, if its transport finds that the address was the fault.</summary>
    public const int MaximumAttempts = 3;

    private const int TokenBytes = 32;
    private const string NotReadyReason = "it was not ready";

    private readonly CommandLine _command;
    private readonly WorkerTimeouts _timeouts;
    private readonly TransportHooks _hooks;
    private readonly bool _isManageIndependent;
    private readonly ProcessContext _context;
    private readonly GuardedStep _guard;
    private readonly HookCalls _calls;

    public WorkerStarter(ProcessCallable runner, WorkerTimeouts timeouts, TransportHooks hooks, bool isManageIndependent, ProcessContext context)
    {
        _command = new CommandLine(runner, "direct.runner");
        _timeouts = timeouts;
        _hooks = hooks;
        _isManageIndependent = isManageIndependent;
        _context = context;
        _guard = new GuardedStep(context.Logger, context.TimeProvider);
        _calls = new HookCalls(context.Logger, context.TimeProvider);
    }

    /// <summary>Starts a worker and waits until it is ready.</summary>
    /// <param name="cancellationToken">Ends the attempt, and the process.</param>
    /// <exception cref="WorkerStartException">The process could not be started, or ended before it was ready.</exception>
    /// <exception cref="WorkerTimeoutException">It was not ready in time.</exception>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    public async Task<LocalWorker> StartAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            string workerId = Guid.NewGuid().ToString();
            string address = await AllocateAsync(workerId, cancellationToken).ConfigureAwait(false);
            bool isStarted = false;
            try
            {
                LocalWorker worker = await LaunchAsync(workerId, address, cancellationToken).ConfigureAwait(false);
                isStarted = true;
                return worker;
            }
            catch (WorkerStartException exception) when (attempt < MaximumAttempts && exception.Exit is not null && _hooks.ShouldTryAnotherAddress(address, exception))
            {
                Log.TryingAnotherAddress(_context.Logger, workerId, address, attempt, MaximumAttempts);
            }
            finally
            {
                if (!isStarted)
                {
                    await _guard.RunAsync($"clean up the address of worker '{workerId}'", () => _hooks.CleanUpAddress(address), GuardedStep.TransportLimit).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task<LocalWorker> LaunchAsync(string workerId, string address, CancellationToken cancellationToken)
    {
        byte[] token = RandomNumberGenerator.GetBytes(TokenBytes);
        DateTimeOffset deadline = _context.TimeProvider.GetUtcNow() + _timeouts.Initialization.Value;
        RunningProcess process;
        var output = new WatchedOutput(Sink(workerId), _context.Settings.Pool.IsFatalOutput);
        try
        {
            process = await StartProcessAsync(Launch(workerId, address, token), $"worker '{workerId}'", output, cancellationToken).ConfigureAwait(false);
        }
        catch (Win32Exception exception)
        {
            throw NotStarted(LaunchFailure.Describe(_command, exception), LaunchFailure.IsTransient(exception), exception);
        }
        catch (Exception exception) when (exception is not WorkerTimeoutException && (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested))
        {
            throw NotStarted(LaunchFailure.DescribeLauncher(_context.Settings.Launcher, exception), isTransient: false, exception);
        }

        WorkerStartException NotStarted(string why, bool isTransient, Exception cause) =>
            new($"Worker '{workerId}' could not be started. {why}", isTransient, cause) { WorkerId = workerId, Endpoint = address };

        Log.Started(_context.Logger, workerId, process.ProcessId, address);
        var endpoint = new WorkerEndpoint(address, workerId, token) { ProcessId = process.ProcessId, Deadline = deadline, ExitToken = process.ExitToken };
        try
        {
            WorkerConnection connection = await WaitUntilReadyAsync(process, endpoint, cancellationToken).ConfigureAwait(false);
            return new LocalWorker(process, output, endpoint, connection, _timeouts.GracefulTermination, _hooks.CleanUpAddress, _isManageIndependent, _context);
        }
        catch (Exception exception)
        {
            if (exception is WorkerException)
            {
                process.KeepOutput();
            }

            await process.EndAsync(NotReadyReason, TimeSpan.Zero).ConfigureAwait(false);
            await process.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<WorkerConnection> WaitUntilReadyAsync(RunningProcess process, WorkerEndpoint endpoint, CancellationToken cancellationToken)
    {
        TimeProvider clock = _context.TimeProvider;
        long begun = clock.GetTimestamp();
        using var timeout = new CancellationTokenSource(_timeouts.Initialization.Value, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token, process.ExitToken);

        // The process ends when the wait does, even if the hook does not listen to its token.
        CancellationTokenRegistration kill = linked.Token.UnsafeRegister(_ => Detached.Run(() => process.EndAsync(NotReadyReason, TimeSpan.Zero).AsTask()), null);
        try
        {
            WorkerConnection connection = await _calls.RunApartAsync("WaitUntilReadyAsync", token => _hooks.WaitUntilReady(endpoint, token), static late => late.DisposeAsync(), linked.Token).ConfigureAwait(false)
                ?? throw new InvalidOperationException("The transport returned no connection to a worker that it found ready.");
            if (kill.Unregister())
            {
                Log.Ready(_context.Logger, endpoint.WorkerId, process.ProcessId, clock.GetElapsedTime(begun).TotalMilliseconds);
                return connection;
            }

            await _guard.RunAsync($"close the connection to worker '{endpoint.WorkerId}'", connection.DisposeAsync, GuardedStep.TransportLimit).ConfigureAwait(false);
            throw new OperationCanceledException("The worker was ready too late.", linked.Token);
        }
        catch (Exception exception) when (linked.IsCancellationRequested && exception is (OperationCanceledException or WorkerConnectionException))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw process.Ended.IsCompletedSuccessfully && (await process.Ended.ConfigureAwait(false)).Exit is { EndedByHost: false }
                ? await ExitedEarlyAsync(process, endpoint, exception).ConfigureAwait(false)
                : await NotReadyInTimeAsync(process, endpoint, exception).ConfigureAwait(false);
        }
        catch (WorkerConnectionException exception)
        {
            // A connection that breaks so early usually means a process that has ended, and the exit code says more.
            if (!await process.EndedWithin(_context.Settings.ExitNoticeTimeout).ConfigureAwait(false))
            {
                throw;
            }

            throw await ExitedEarlyAsync(process, endpoint, exception).ConfigureAwait(false);
        }
        finally
        {
            kill.Unregister();
        }
    }

    private async Task<WorkerStartException> ExitedEarlyAsync(RunningProcess process, WorkerEndpoint endpoint, Exception cause)
    {
        ProcessEnd end = await process.Ended.ConfigureAwait(false);
        string? tail = await process.ReadTailAsync().ConfigureAwait(false);
        return new WorkerStartException(
            $"Worker '{endpoint.WorkerId}' (pid {process.ProcessId}) {end.Exit} before it was ready at {endpoint.Address}, {Text.Milliseconds(end.Uptime)} after its start as '{_command}'.{LimitSuspicion.Describe(end.Exit, _context.Settings.Limits)}{Text.KeptOutput(process.KeepOutput())}{Text.LastLines(tail)}",
            isTransient: false,
            cause)
        {
            Exit = end.Exit,
            WorkerId = endpoint.WorkerId,
            ProcessId = process.ProcessId,
            Endpoint = endpoint.Address,
            OutputTail = tail,
        };
    }

    private async Task<WorkerTimeoutException> NotReadyInTimeAsync(RunningProcess process, WorkerEndpoint endpoint, Exception cause)
    {
        // Ended first, so that all that it has written is in the message.
        await process.EndAsync(NotReadyReason, TimeSpan.Zero).ConfigureAwait(false);
        string? tail = await process.ReadTailAsync().ConfigureAwait(false);
        string seen = endpoint.Observation is { } observation ? $" Last seen: {observation}." : "";
        return new WorkerTimeoutException(
            $"Worker '{endpoint.WorkerId}' (pid {process.ProcessId}) was not ready at {endpoint.Address} within {_timeouts.Initialization} and was killed.{seen} See whether it serves at the address that '--connection' gives it, or raise the limit.{Text.KeptOutput(process.KeepOutput())}{Text.LastLines(tail)}",
            _timeouts.Initialization.Value,
            _timeouts.Initialization.Setting,
            cause)
        {
            WorkerId = endpoint.WorkerId,
            ProcessId = process.ProcessId,
            Endpoint = endpoint.Address,
            OutputTail = tail,
        };
    }

    private IProcessOutputSink Sink(string workerId)
    {
        var logged = new LoggedOutput(_context.OutputLogger, workerId);
        return _context.Settings.FailureLogDirectory is { } directory ? new RecordedOutput(logged, directory, workerId, _context.Settings.FailureLogBytes) : logged;
    }

    private ProcessLaunch Launch(string workerId, string address, byte[] token)
    {
        var variables = new Dictionary<string, string>(_command.EnvironmentVariables, StringComparer.Ordinal)
        {
            [WorkerEnvironmentVariables.Token] = Convert.ToHexStringLower(token),
            [WorkerEnvironmentVariables.StandardInput] = WorkerEnvironmentVariables.HeldByEngine,
        };
        return new ProcessLaunch(_command.Executable, [.. _command.Arguments, "--id", workerId, "--connection", address], variables, HoldInputOpen: true)
        {
            WorkerId = workerId,
            Address = address,
        };
    }
}
