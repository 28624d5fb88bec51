using System.Runtime.CompilerServices;

namespace Udf.Worker.Internal;

/// <summary>
/// The caller's input stream as the hooks see it. An exception that comes out of it is remembered, so that the caller gets his own exception back and not what it did to the execution.
/// </summary>
/// <param name="input">The caller's stream.</param>
/// <param name="failed">Told of each exception before it goes on, except of an obedient end after the token has fallen.</param>
internal sealed class WatchedInput(IAsyncEnumerable<ReadOnlyMemory<byte>> input, Action<Exception> failed) : IAsyncEnumerable<ReadOnlyMemory<byte>>
{
    public IAsyncEnumerator<ReadOnlyMemory<byte>> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        try
        {
            return new Enumerator(this, input.GetAsyncEnumerator(cancellationToken), cancellationToken);
        }
        catch (Exception exception)
        {
            Report(exception, cancellationToken);
            throw;
        }
    }

    private void Report(Exception exception, CancellationToken cancellationToken)
    {
        if (!(exception is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            failed(exception);
        }
    }

    private sealed class Enumerator(WatchedInput watch, IAsyncEnumerator<ReadOnlyMemory<byte>> inner, CancellationToken cancellationToken) : IAsyncEnumerator<ReadOnlyMemory<byte>>
    {
        public ReadOnlyMemory<byte> Current
        {
            get
            {
                try
                {
                    return inner.Current;
                }
                catch (Exception exception)
                {
                    watch.Report(exception, cancellationToken);
                    throw;
                }
            }
        }

        public ValueTask<bool> MoveNextAsync()
        {
            ValueTask<bool> next;
            try
            {
                next = inner.MoveNextAsync();
            }
            catch (Exception exception)
            {
                watch.Report(exception, cancellationToken);
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
            catch (Exception exception)
            {
                watch.Report(exception, cancellationToken);
                throw;
            }
        }

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<bool> AwaitAsync(ValueTask<bool> next)
        {
            try
            {
                return await next.ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                watch.Report(exception, cancellationToken);
                throw;
            }
        }
    }
}
