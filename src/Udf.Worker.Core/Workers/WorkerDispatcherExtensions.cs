using Udf.Worker.Internal;

namespace Udf.Worker;

/// <summary>The common case in one call.</summary>
public static class WorkerDispatcherExtensions
{
    /// <summary>Runs a function over a stream of batches in a session of its own: creates the session, initialises it, streams, and closes it.</summary>
    /// <param name="dispatcher">Where the workers come from.</param>
    /// <param name="init">The function and its circumstances.</param>
    /// <param name="input">The batches to send; see <see cref="WorkerSession.ProcessAsync"/>.</param>
    /// <param name="options">How the session behaves; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Cancels the execution, as the token of the enumerator does.</param>
    /// <returns>The batches that come back; nothing happens before the first is asked for. Each is valid until the next is asked for.</returns>
    /// <remarks>The session is closed in every path, before the enumeration is over. Each enumeration is an execution of its own.</remarks>
    /// <exception cref="ObjectDisposedException">The dispatcher is closed.</exception>
    /// <exception cref="WorkerException">No worker can be had, or the execution failed.</exception>
    /// <exception cref="OperationCanceledException">A token fell; the exception carries the one that did.</exception>
    public static IAsyncEnumerable<WorkerBatch> ExecuteAsync(
        this WorkerDispatcher dispatcher,
        WorkerInit init,
        IAsyncEnumerable<ReadOnlyMemory<byte>> input,
        WorkerSessionOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dispatcher);
        ArgumentNullException.ThrowIfNull(init);
        ArgumentNullException.ThrowIfNull(input);
        return new ExecutionStream(dispatcher, init, input, options, cancellationToken);
    }
}
