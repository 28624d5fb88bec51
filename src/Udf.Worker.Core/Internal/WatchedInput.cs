namespace Udf.Worker.Internal;

/// <summary>
/// The caller's input stream as the hooks see it. An exception that comes out of it is remembered, so that the caller gets his own exception back and not what it did to the execution.
/// </summary>
/// <param name="input">The caller's stream.</param>
/// <param name="failed">Told of the exception once, before it goes on.</param>
internal sealed class WatchedInput(IAsyncEnumerable<ReadOnlyMemory<byte>> input, Action<Exception> failed) : IAsyncEnumerable<ReadOnlyMemory<byte>>
{
    public IAsyncEnumerator<ReadOnlyMemory<byte>> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        try
        {
            return new Enumerator(input.GetAsyncEnumerator(cancellationToken), failed, cancellationToken);
        }
        catch (Exception exception)
        {
            failed(exception);
            throw;
        }
    }

    private sealed class Enumerator(IAsyncEnumerator<ReadOnlyMemory<byte>> inner, Action<Exception> failed, CancellationToken cancellationToken)
        : IAsyncEnumerator<ReadOnlyMemory<byte>>
    {
        public ReadOnlyMemory<byte> Current => inner.Current;

        public ValueTask<bool> MoveNextAsync()
        {
            ValueTask<bool> next;
            try
            {
                next = inner.MoveNextAsync();
            }
            catch (Exception exception) when (Report(exception))
            {
                throw;
            }

            return next.IsCompletedSuccessfully ? next : AwaitAsync(next);
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await inner.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception exception) when (Report(exception))
            {
                throw;
            }
        }

        private async ValueTask<bool> AwaitAsync(ValueTask<bool> next)
        {
            try
            {
                return await next.ConfigureAwait(false);
            }
            catch (Exception exception) when (Report(exception))
            {
                throw;
            }
        }

        /// <summary>Reports what is the stream's own failure; that it obeyed our token is none.</summary>
        private bool Report(Exception exception)
        {
            if (!(exception is OperationCanceledException && cancellationToken.IsCancellationRequested))
            {
                failed(exception);
            }

            return true;
        }
    }
}
