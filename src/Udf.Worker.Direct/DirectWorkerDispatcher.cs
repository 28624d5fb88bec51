using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct;

/// <summary>
/// Workers as processes of this machine: prepares their environment, starts them, watches and ends them. How a worker is reached is the subclass's part: a transport overrides the five hooks
/// (<see cref="AllocateAddressAsync"/>, <see cref="WaitUntilReadyAsync"/>, <see cref="CleanUpAddressAsync"/>, <see cref="CloseTransportAsync"/>, <see cref="FindUnsupported"/>).
/// </summary>
/// <remarks>
/// <para>Workers are pooled, each <see cref="WorkerSecurityScope"/> for itself: one never serves two, and sessions without a scope have workers of their own. <see cref="DirectWorkerOptions.Pool"/> says how many
/// there are and how long they live. A worker whose specification does not say that it supports reuse (<see cref="WorkerCapabilities.SupportsReuse"/>) serves one session and ends with it, as does one whose session
/// failed: closing the session then returns when the process is gone.</para>
/// <para>Members may be called from any thread. Implementations may assume of the hooks: all but the last are called without a lock held and for many workers at a time;
/// <see cref="CleanUpAddressAsync"/> exactly once for each address that was allocated, after the worker's connection was closed and its process has ended;
/// <see cref="CloseTransportAsync"/> once, last. A hook that has not returned 5 s after its token fell is no longer waited for: the worker is ended and its address cleaned up all the same, and what the hook
/// returns then is closed.</para>
/// </remarks>
public abstract partial class DirectWorkerDispatcher : WorkerDispatcher
{
    private readonly ProcessContext _context;
    private readonly ILogger _logger;
    private readonly WorkerSessionListener _listener;
    private readonly WorkerTimeouts _timeouts;
    private readonly WorkerEnvironmentPreparation _environment;
    private readonly WorkerStarter _starter;
    private readonly SessionInitResolver _initResolver;
    private readonly WorkerPool _pool;
    private readonly HookCalls _hooks;
    private readonly OperationGate _operations = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ExitParticipant _exit;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isClosing;
    private int _wasUsed;

    /// <summary>Creates the dispatcher. No process is started before the first session.</summary>
    /// <param name="specification">What the workers are.</param>
    /// <param name="options">How they are started and ended; <see langword="null"/> for the defaults. Read now.</param>
    /// <param name="loggerFactory">Where the log goes; <see langword="null"/> for nowhere. What workers print goes to the category <c>Udf.Worker.Output</c>.</param>
    /// <param name="timeProvider">The clock of all time limits; <see langword="null"/> for the system's.</param>
    /// <exception cref="WorkerSpecificationException">The specification is not valid, or the transport does not support it; all problems are listed.</exception>
    /// <exception cref="OptionsValidationException">An option is out of its range.</exception>
    protected DirectWorkerDispatcher(
        WorkerSpecification specification,
        DirectWorkerOptions? options = null,
        ILoggerFactory? loggerFactory = null,
        TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(specification);
        WorkerSpecificationProblem[] problems = [.. specification.Validate(), .. FindUnsupported(specification)];
        if (problems.Length > 0)
        {
            throw new WorkerSpecificationException(problems);
        }

        ExitCoordinator.Instance.Listen();
        loggerFactory ??= NullLoggerFactory.Instance;
        var settings = DirectWorkerSettings.From(options);
        Specification = specification;
        TimeProvider = timeProvider ?? TimeProvider.System;
        _logger = new GuardedLogger(loggerFactory.CreateLogger<DirectWorkerDispatcher>());
        _context = new ProcessContext(settings, TimeProvider, _logger, new GuardedLogger(loggerFactory.CreateLogger(LoggedOutput.Category)));
        _listener = new LoggingSessionListener(_logger);
        _timeouts = WorkerTimeouts.Of(specification.Direct!.Properties, settings);
        LogCut(_timeouts.Initialization);
        LogCut(_timeouts.GracefulTermination);
        _environment = new WorkerEnvironmentPreparation(specification.Environment, _context, _closing.Token);
        _hooks = new HookCalls(_logger, TimeProvider);
        var hooks = new TransportHooks(AllocateAddressAsync, WaitUntilReadyAsync, CleanUpAddressAsync, ShouldTryAnotherAddress);
        _starter = new WorkerStarter(specification.Direct.Runner!, _timeouts, hooks, specification.Capabilities is { ManageIsIndependent: true }, _context);
        _pool = new WorkerPool(
            $"worker ({System.IO.Path.GetFileName(specification.Direct.Runner!.Command is [var executable, ..] ? executable : specification.Direct.Runner.Arguments[0])})",
            specification.Capabilities,
            _context,
            StartWorkerAsync,
            StartLimit,
            () => Closed());
        _exit = new ExitParticipant(settings.ExitTimeout, settings.EndsWorkersOnTermination, EndForExitAsync);
        _initResolver = new SessionInitResolver(specification, settings.DynamicConfiguration, settings.ResourceDirectories, System.Environment.GetEnvironmentVariable);
    }

    /// <inheritdoc/>
    public sealed override WorkerSpecification Specification { get; }

    /// <summary>The clock of all time limits.</summary>
    protected TimeProvider TimeProvider { get; }

    /// <summary>How many workers there are, with those that start and end.</summary>
    internal int WorkerCount => _pool.WorkerCount;

    /// <summary>The workers.</summary>
    internal WorkerPool Pool => _pool;

    /// <summary>Where the environment is.</summary>
    internal EnvironmentState EnvironmentState => _environment.State;

    /// <summary>The limits as they are used.</summary>
    internal WorkerTimeouts Timeouts => _timeouts;

    /// <summary>Chooses the address of a new worker: what it gets as <c>--connection</c>.</summary>
    /// <param name="workerId">The id of the worker, a UUID; what is unique about the address may be made of it.</param>
    /// <param name="cancellationToken">Falls when the caller gives up or the dispatcher closes.</param>
    /// <returns>The address. It is cleaned up by <see cref="CleanUpAddressAsync"/>, whatever happens next.</returns>
    protected abstract ValueTask<string> AllocateAddressAsync(string workerId, CancellationToken cancellationToken);

    /// <summary>Waits until a worker answers, and connects to it. A file that exists and a port that accepts are no answer.</summary>
    /// <param name="endpoint">The worker. What is seen of it while it is not ready is set as its <see cref="WorkerEndpoint.Observation"/>, and becomes part of the error.</param>
    /// <param name="cancellationToken">
    /// Falls when the time is up, when the worker has ended, when the caller gives up and when the dispatcher closes. The hook lets the <see cref="OperationCanceledException"/> out:
    /// which error it stands for is decided here.
    /// </param>
    /// <returns>The connection; it is disposed when the worker is ended.</returns>
    /// <exception cref="WorkerProtocolException">What answered is not a worker, or not this one.</exception>
    /// <exception cref="WorkerConnectionException">The connection broke. If the worker turns out to have ended, that is reported instead.</exception>
    /// <remarks>The hook closes what it has opened when it fails. Other exceptions come out of <see cref="CreateSessionAsync"/> as they are.</remarks>
    protected abstract ValueTask<WorkerConnection> WaitUntilReadyAsync(WorkerEndpoint endpoint, CancellationToken cancellationToken);

    /// <summary>Removes what is left of an address. What it throws is logged.</summary>
    /// <param name="address">The address.</param>
    protected abstract ValueTask CleanUpAddressAsync(string address);

    /// <summary>Closes what the transport holds for all workers. Called once, when the last worker is gone. What it throws is logged.</summary>
    protected abstract ValueTask CloseTransportAsync();

    /// <summary>Says what of a specification this transport does not support: another kind of connection, another carrier.</summary>
    /// <param name="specification">The specification. It may be invalid: what <see cref="WorkerSpecification.Validate"/> finds is reported besides and need not be repeated.</param>
    /// <returns>Every problem; empty if it is supported.</returns>
    /// <remarks>Called from the constructor of this class, before that of the subclass has run: it must not touch the state of the instance.</remarks>
    protected abstract IEnumerable<WorkerSpecificationProblem> FindUnsupported(WorkerSpecification specification);

    /// <summary>
    /// Says whether a worker that ended before it was ready did so because its address was taken. Then it is started again at another one, three times at most for one session.
    /// Called before the address is cleaned up.
    /// </summary>
    /// <param name="address">The address.</param>
    /// <param name="failure">How the worker ended, with its last lines.</param>
    /// <returns>By default <see langword="false"/>: for addresses that nobody else can take.</returns>
    protected virtual bool ShouldTryAnotherAddress(string address, WorkerStartException failure) => false;

    /// <summary>Opens a session on a worker that is ready.</summary>
    /// <param name="connection">What <see cref="WaitUntilReadyAsync"/> returned.</param>
    /// <param name="context">What the session is opened with.</param>
    /// <param name="cancellationToken">Falls when the caller gives up or the dispatcher closes.</param>
    /// <returns>The session. By default what the connection opens.</returns>
    protected virtual ValueTask<WorkerSession> OpenSessionAsync(WorkerConnection connection, WorkerSessionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return connection.OpenSessionAsync(context, cancellationToken);
    }

    private void LogCut(EffectiveTimeout timeout)
    {
        if (timeout.CutFrom is { } asked)
        {
            Log.TimeoutCut(_logger, Text.Milliseconds(asked), timeout.ToString());
        }
    }
}
