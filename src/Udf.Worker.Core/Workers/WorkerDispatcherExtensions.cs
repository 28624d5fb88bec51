using System.Runtime.CompilerServices;

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
    /// <exception cref="WorkerException">No worker can be had, or the execution failed.</exception>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    public static async IAsyncEnumerable<WorkerBatch> ExecuteAsync(
        this WorkerDispatcher dispatcher,
        WorkerInit init,
        IAsyncEnumerable<ReadOnlyMemory<byte>> input,
        WorkerSessionOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dispatcher);
        WorkerSession session = await dispatcher.CreateSessionAsync(options, cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            await session.InitAsync(init, cancellationToken).ConfigureAwait(false);
            await foreach (WorkerBatch batch in session.ProcessAsync(input, cancellationToken).ConfigureAwait(false))
            {
                yield return batch;
            }
        }
    }
}
