using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct;

/// <summary>
/// Keeps one dispatcher for each specification: equal specifications share one, unless a named worker has options of its own. Made by the container (<c>services.AddUdfWorkers()</c>) or by hand; whoever made it disposes it,
/// and with it every dispatcher that it has handed out.
/// </summary>
/// <remarks>Members may be called from any thread.</remarks>
public sealed partial class WorkerDispatcherProvider : IAsyncDisposable, IDisposable
{
    private readonly IWorkerDispatcherFactory[] _factories;
    private readonly Dictionary<string, WorkerSpecification> _named;
    private readonly HashSet<string> _withOptions;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<(WorkerSpecification Specification, string OptionsName), WorkerDispatcher> _dispatchers = [];
    private bool _isClosed;

    /// <summary>Creates a provider.</summary>
    /// <param name="factories">One for each transport; the first that can create a dispatcher for a specification does.</param>
    /// <param name="namedWorkers">Specifications that can be asked for by name, names compared ordinally; <see langword="null"/> for none.</param>
    /// <param name="loggerFactory">Where the log goes; <see langword="null"/> for nowhere.</param>
    /// <param name="workersWithOptions">The names of those with <see cref="DirectWorkerOptions"/> of their own, which the factories know by that name: each has a dispatcher of its own. <see langword="null"/> for none.</param>
    /// <exception cref="ArgumentException">A name is there twice.</exception>
    public WorkerDispatcherProvider(
        IEnumerable<IWorkerDispatcherFactory> factories,
        IEnumerable<KeyValuePair<string, WorkerSpecification>>? namedWorkers = null,
        ILoggerFactory? loggerFactory = null,
        IEnumerable<string>? workersWithOptions = null)
    {
        ArgumentNullException.ThrowIfNull(factories);
        _withOptions = new HashSet<string>(workersWithOptions ?? [], StringComparer.Ordinal);
        _factories = [.. factories];
        _named = new Dictionary<string, WorkerSpecification>(namedWorkers ?? [], StringComparer.Ordinal);
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<WorkerDispatcherProvider>();
    }

    /// <summary>The dispatcher for a specification; made when it is asked for first. It must not be disposed by the caller.</summary>
    /// <param name="specification">What the workers are.</param>
    /// <exception cref="WorkerSpecificationException">The specification is not valid, or its transport does not support it.</exception>
    /// <exception cref="InvalidOperationException">There is no transport for its connection; the message says which package to add.</exception>
    /// <exception cref="ObjectDisposedException">The provider is disposed.</exception>
    public WorkerDispatcher GetDispatcher(WorkerSpecification specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        return GetDispatcher(specification, Options.DefaultName);
    }

    /// <summary>The dispatcher for a named worker.</summary>
    /// <param name="name">The name that the worker was added with.</param>
    /// <exception cref="ArgumentException">No worker was added with that name; the message lists those that were.</exception>
    /// <exception cref="WorkerSpecificationException">The specification is not valid, or its transport does not support it.</exception>
    /// <exception cref="InvalidOperationException">There is no transport for its connection; the message says which package to add.</exception>
    /// <exception cref="ObjectDisposedException">The provider is disposed.</exception>
    public WorkerDispatcher GetDispatcher(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (_named.TryGetValue(name, out WorkerSpecification? specification))
        {
            return GetDispatcher(specification, _withOptions.Contains(name) ? name : Options.DefaultName);
        }

        string known = _named.Count == 0 ? "none was added" : $"added were {string.Join(", ", _named.Keys.Order(StringComparer.Ordinal).Select(static key => $"'{key}'"))}";
        throw new ArgumentException($"There is no worker named '{name}'; {known}. Add it with AddWorker(\"{name}\", …) on what AddUdfWorkers() returns.", nameof(name));
    }

    /// <summary>The dispatchers that were made so far.</summary>
    internal WorkerDispatcher[] Dispatchers
    {
        get
        {
            lock (_gate)
            {
                return [.. _dispatchers.Values];
            }
        }
    }

    /// <summary>
    /// Disposes all dispatchers at the same time, each once. One that fails holds up no other; its failure is logged, not thrown, so that a container goes on with the rest of its services.
    /// Idempotent; every caller waits for the same end.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (TryClose(out WorkerDispatcher[] dispatchers))
        {
            await Task.WhenAll(dispatchers.Select(CloseAsync)).ConfigureAwait(false);
            _closed.SetResult();
        }

        await _closed.Task.ConfigureAwait(false);
    }

    /// <summary>The same as <see cref="DisposeAsync"/> for a caller that cannot await; blocks until all workers are gone.</summary>
    public void Dispose()
    {
        // On the pool, away from the caller's synchronization context.
        Task closing = Task.Run(async () => await DisposeAsync().ConfigureAwait(false));
#pragma warning disable RS0030 // The synchronous end.
        closing.GetAwaiter().GetResult();
#pragma warning restore RS0030
    }

    private WorkerDispatcher GetDispatcher(WorkerSpecification specification, string optionsName)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (!_dispatchers.TryGetValue((specification, optionsName), out WorkerDispatcher? dispatcher))
            {
                // Under the lock, so that there is never a second one to throw away; a dispatcher starts nothing when it is made.
                dispatcher = FindFactory(specification.ThrowIfInvalid()).Create(specification, optionsName);
                _dispatchers.Add((specification, optionsName), dispatcher);
            }

            return dispatcher;
        }
    }

    private bool TryClose(out WorkerDispatcher[] dispatchers)
    {
        lock (_gate)
        {
            bool isFirst = !_isClosed;
            dispatchers = isFirst ? [.. _dispatchers.Values] : [];
            _isClosed = true;
            _dispatchers.Clear();
            return isFirst;
        }
    }

    private async Task CloseAsync(WorkerDispatcher dispatcher)
    {
        try
        {
            await dispatcher.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Log.DisposeFailed(_logger, exception, dispatcher.GetType().Name);
        }
    }

    private IWorkerDispatcherFactory FindFactory(WorkerSpecification specification) =>
        Array.Find(_factories, factory => factory.CanCreate(specification))
            ?? throw new InvalidOperationException(MissingTransport.Describe(specification, _factories));

    private static partial class Log
    {
        [LoggerMessage(160, LogLevel.Error, "A {Dispatcher} could not be disposed; the others are.", EventName = "DispatcherDisposeFailed")]
        public static partial void DisposeFailed(ILogger logger, Exception exception, string dispatcher);
    }
}
