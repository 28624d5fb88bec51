using Udf.Worker.Host.Internal;
using Udf.Worker.Protocol;

namespace Udf.Worker.Host;

/// <summary>
/// Serves functions to an engine: as a whole worker process (<see cref="RunAsync(string[], Action{UdfFunctionMap}, UdfWorkerOptions?, CancellationToken)"/>, all that a <c>Main</c> needs), or on streams that a transport of one's own has accepted
/// (an instance, which is then one worker, and <see cref="ServeAsync"/> for each stream).
/// </summary>
/// <remarks>Members may be called from any thread.</remarks>
public sealed class UdfWorkerHost : IAsyncDisposable
{
    private readonly WorkerCore _worker;

    /// <summary>Puts a worker together. It serves when it is given streams.</summary>
    /// <param name="functions">Names the functions.</param>
    /// <param name="options">How the worker behaves; <see langword="null"/> for the defaults.</param>
    /// <param name="token">What the engine has to prove that it has; <see langword="null"/> only where nobody else can reach the streams.</param>
    public UdfWorkerHost(Action<UdfFunctionMap> functions, UdfWorkerOptions? options = null, WorkerToken? token = null)
    {
        _worker = new WorkerCore(Fill(functions), options ?? new UdfWorkerOptions(), token);
    }

    /// <summary>Ends when the worker has ended: it was asked to shut down and nothing runs any more, its manage connection was lost, or it was disposed. Every stream has then been given up.</summary>
    /// <remarks>A function that does not return within 0.9 s of its cancellation is not waited for. In a process it would be ended with it; here it goes on, as code in .NET cannot be ended.</remarks>
    public Task Completion => _worker.Lifetime.Ended;

    internal WorkerCore Worker => _worker;

    /// <summary>
    /// Runs a worker process until it ends: listens where <c>--connection</c> says, takes <c>UDF_WORKER_TOKEN</c> out of the environment, serves, and ends when it is asked to, by SIGTERM,
    /// or when its engine is gone.
    /// </summary>
    /// <param name="args">The arguments of <c>Main</c>, with <c>--id</c> and <c>--connection</c> as the engine has added them; others are left to the program.</param>
    /// <param name="functions">Names the functions.</param>
    /// <param name="options">How the worker behaves; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends the worker.</param>
    /// <returns>
    /// The exit code for <c>Main</c> to return: 0 when the worker was asked to end or its engine is gone, 2 when it could not start (standard error says why), 3 when its manage connection broke the protocol,
    /// 143 after SIGTERM.
    /// </returns>
    /// <remarks>
    /// The worker's end is an end of the process. Functions that have not returned 0.9 s after their cancellation are ended with it, before this returns. Once it returns, the program has
    /// what is left of a second (five seconds after an orderly shutdown) until the process is ended from inside, so that no worker outlives its engine.
    /// </remarks>
    /// <exception cref="ArgumentException">A format was mapped twice or is empty.</exception>
    public static Task<int> RunAsync(string[] args, Action<UdfFunctionMap> functions, UdfWorkerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(args);
        return WorkerProcess.RunAsync(args, Fill(functions), accept: null, options ?? new UdfWorkerOptions(), cancellationToken);
    }

    /// <summary>
    /// Runs a worker process until it ends, as the other overload does, over a transport of one's own instead of sockets. It always asks the engine for the token, because who else can reach that transport is not known here.
    /// </summary>
    /// <param name="args">The arguments of <c>Main</c>, with <c>--id</c> and <c>--connection</c> as the engine has added them; others are left to the program.</param>
    /// <param name="functions">Names the functions.</param>
    /// <param name="accept">Listens at the address of <c>--connection</c>. Should it fail, the worker says so on standard error and ends with exit code 2.</param>
    /// <param name="options">How the worker behaves; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Ends the worker.</param>
    /// <returns>The exit code for <c>Main</c> to return, as of the other overload.</returns>
    /// <exception cref="ArgumentException">A format was mapped twice or is empty.</exception>
    public static Task<int> RunAsync(
        string[] args, Action<UdfFunctionMap> functions, UdfConnectionAcceptor accept, UdfWorkerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(accept);
        return WorkerProcess.RunAsync(args, Fill(functions), accept, options ?? new UdfWorkerOptions(), cancellationToken);
    }

    /// <summary>Serves one stream: its preface, then what its role asks for, until the engine closes it or the worker ends.</summary>
    /// <param name="stream">A duplex stream whose reads and writes may be under way at the same time; disposed at the end.</param>
    /// <param name="description">Who is at the other end, for messages.</param>
    /// <param name="cancellationToken">Gives the stream up.</param>
    /// <returns>A task that ends with the stream. That the peer is refused or does not speak the protocol is an end, not an error.</returns>
    /// <exception cref="ArgumentException">The stream cannot be read, or not be written.</exception>
    /// <exception cref="OperationCanceledException">The token fell before the preface was complete.</exception>
    public Task ServeAsync(Stream stream, string description = "the engine", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(description);
        return StreamReception.ServeAsync(stream, description, _worker, cancellationToken);
    }

    /// <summary>Ends the worker: cancels what runs, waits at most 0.9 s for functions to return, and gives every stream up. Idempotent; every caller waits for the same end.</summary>
    public async ValueTask DisposeAsync()
    {
        _worker.Lifetime.End(WorkerExitCodes.Ended, "Its host was disposed.", isOrderly: true);
        await _worker.Lifetime.Ended.ConfigureAwait(false);
    }

    private static UdfFunctionMap Fill(Action<UdfFunctionMap> functions)
    {
        ArgumentNullException.ThrowIfNull(functions);
        UdfFunctionMap map = new();
        functions(map);
        return map;
    }
}
