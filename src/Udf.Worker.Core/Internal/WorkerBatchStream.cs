using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Udf.Worker.Internal;

/// <summary>
/// What <see cref="WorkerSession.ProcessAsync"/> returns: the hook's stream with the rules that hold for every transport. It can be enumerated once; both tokens cancel;
/// who stops early cancels the execution; a loan ends when the next batch is asked for; the end is an outcome, and every outcome but a finish is thrown.
/// </summary>
internal sealed class WorkerBatchStream(WorkerSession session, IAsyncEnumerable<ReadOnlyMemory<byte>> input, CancellationToken processToken) : IAsyncEnumerable<WorkerBatch>
{
    private int _enumerated;

    public IAsyncEnumerator<WorkerBatch> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _enumerated, 1) != 0)
        {
            throw new InvalidOperationException("The stream of an execution can be enumerated once: its batches are not kept.");
        }

        return new Enumerator(session, input, processToken, cancellationToken);
    }

    private sealed class Enumerator : IAsyncEnumerator<WorkerBatch>
    {
        private readonly WorkerSession _session;
        private readonly WatchedInput _input;
        private readonly CancellationToken _processToken;
        private readonly CancellationToken _enumeratorToken;
        // Never disposed: the input may still fail, and cancel, after the enumeration has ended. It holds nothing that needs it.
        private readonly CancellationTokenSource _stop = new();
        private readonly CancellationTokenRegistration _onProcessToken;
        private readonly CancellationTokenRegistration _onEnumeratorToken;
        private IAsyncEnumerator<WorkerBatch>? _output;
        private ExceptionDispatchInfo? _inputFailure;
        private WorkerBatch _current;
        private bool _ended;

        internal Enumerator(WorkerSession session, IAsyncEnumerable<ReadOnlyMemory<byte>> input, CancellationToken processToken, CancellationToken enumeratorToken)
        {
            _session = session;
            _input = new WatchedInput(input, OnInputFailed);
            _processToken = processToken;
            _enumeratorToken = enumeratorToken;
            _onProcessToken = Link(_stop, processToken);
            _onEnumeratorToken = Link(_stop, enumeratorToken);
        }

        public WorkerBatch Current => _current;

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        public async ValueTask<bool> MoveNextAsync()
        {
            if (_ended)
            {
                return false;
            }

            try
            {
                EndLoan();
                _stop.Token.ThrowIfCancellationRequested();
                _session.ThrowIfClosedWhileReading();
                _output ??= _session.BeginProcess(_input, _stop.Token).GetAsyncEnumerator(_stop.Token);
                if (await _output.MoveNextAsync().ConfigureAwait(false))
                {
                    _current = _output.Current;
                    return true;
                }

                _ended = true;
                ThrowIfStopped();
                _session.SettleUnlessSettled("the execution's stream ended without a word about how");
                _session.Outcome!.ThrowUnlessFinished(_session.ExecutionId);
                return false;
            }
            catch (Exception exception)
            {
                _ended = true;
                await FailAsync(exception).ConfigureAwait(false);
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            _ended = true;

            // Not waited for: a callback that is running may be the one that has brought us here.
            _onProcessToken.Unregister();
            _onEnumeratorToken.Unregister();

            // Who stops early lets the input go as well, or the hook's stream would wait for it. After the end both are no-ops.
            Stop();
            await _session.CancelAsync("the consumer stopped reading the results").ConfigureAwait(false);
            try
            {
                EndLoan();
            }
            finally
            {
                if (_output is not null)
                {
                    await _output.DisposeAsync().ConfigureAwait(false);
                }
            }
        }

        /// <summary>Leaves no execution running behind an exception, and throws what the caller is to see if that is another one.</summary>
        private async ValueTask FailAsync(Exception exception)
        {
            ExceptionDispatchInfo? inputFailure = Volatile.Read(ref _inputFailure);
            CancellationToken fallen = _processToken.IsCancellationRequested ? _processToken : _enumeratorToken;
            string reason = inputFailure is not null ? "the input failed" : fallen.IsCancellationRequested ? "the caller's token fell" : "reading the results failed";
            await _session.CancelAsync(reason).ConfigureAwait(false);

            // An input that watches the caller's token by itself may have heard of it before us.
            Exception cause = inputFailure?.SourceException ?? exception;
            if (cause is OperationCanceledException && fallen.IsCancellationRequested)
            {
                throw new OperationCanceledException($"Execution {_session.ExecutionId} was cancelled by its caller.", cause, fallen);
            }

            inputFailure?.Throw();
            if (exception is OperationCanceledException)
            {
                _session.Outcome?.ThrowUnlessFinished(_session.ExecutionId);
            }
        }

        // Weak: a token that lives as long as the host must not keep a stream that was forgotten in its middle, or nobody would find its session. Who still waits for it keeps it.
        private static CancellationTokenRegistration Link(CancellationTokenSource stop, CancellationToken token) =>
            token.CanBeCanceled ? token.UnsafeRegister(static state => Cancel((WeakReference<CancellationTokenSource>)state!), new WeakReference<CancellationTokenSource>(stop)) : default;

        private static void Cancel(WeakReference<CancellationTokenSource> stop)
        {
            if (stop.TryGetTarget(out CancellationTokenSource? source))
            {
                source.Cancel();
            }
        }

        /// <summary>A stream that ends because it was told to has no outcome yet, and that is no failure of the transport: the cancellation follows.</summary>
        private void ThrowIfStopped()
        {
            Volatile.Read(ref _inputFailure)?.Throw();
            if (_session.Outcome is null)
            {
                _stop.Token.ThrowIfCancellationRequested();
            }
        }

        private void EndLoan()
        {
            WorkerBatch batch = _current;
            _current = default;
            batch.EndLoan();
        }

        private void OnInputFailed(Exception exception)
        {
            if (Interlocked.CompareExchange(ref _inputFailure, ExceptionDispatchInfo.Capture(exception), null) is null)
            {
                // Ends the wait for the next result; the execution is cancelled by whoever waits for it.
                Stop();
            }
        }

        private void Stop()
        {
            try
            {
                _stop.Cancel();
            }
            catch (AggregateException)
            {
                // A callback of the input or of the hook failed. The token has fallen all the same, and nobody here can do more about it.
            }
        }
    }
}
