namespace Udf.Worker.Internal;

/// <summary>
/// What <see cref="WorkerDispatcherExtensions.ExecuteAsync"/> returns: each enumeration runs the function once, in a session of its own that is closed in every path.
/// Keeps the call's token and the enumerator's apart, so that what comes out carries the one that fell.
/// </summary>
internal sealed class ExecutionStream(
    WorkerDispatcher dispatcher,
    WorkerInit init,
    IAsyncEnumerable<ReadOnlyMemory<byte>> input,
    WorkerSessionOptions? options,
    CancellationToken callToken) : IAsyncEnumerable<WorkerBatch>
{
    public async IAsyncEnumerator<WorkerBatch> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        WorkerSession session = await StartAsync(cancellationToken).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            await foreach (WorkerBatch batch in session.ProcessAsync(input, callToken).WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                yield return batch;
            }
        }
    }

    private async ValueTask<WorkerSession> StartAsync(CancellationToken enumeratorToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(callToken, enumeratorToken);
        try
        {
            WorkerSession session = await dispatcher.CreateSessionAsync(options, linked.Token).ConfigureAwait(false);
            try
            {
                await session.InitAsync(init, linked.Token).ConfigureAwait(false);
                return session;
            }
            catch (Exception)
            {
                await session.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch (OperationCanceledException exception) when (linked.IsCancellationRequested)
        {
            CancellationToken fallen = callToken.IsCancellationRequested ? callToken : enumeratorToken;
            throw new OperationCanceledException("The execution was cancelled by its caller before its function was initialised.", exception, fallen);
        }
    }
}
