using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Udf.Worker.Internal;

/// <summary>
/// What <see cref="WorkerSession.ProcessAsync"/> returns: the hook's stream with the rules that hold for every transport. It can be enumerated once; both tokens cancel;
/// who stops early cancels the execution; the end is an outcome, and every outcome but a finish is thrown.
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
        private readonly CancellationToken _processToken;
        private readonly CancellationToken _enumeratorToken;
        // Never disposed: the input may still fail, and cancel, after the enumeration has ended. It holds nothing that needs it.
        private readonly CancellationTokenSource _stop;
        private readonly CancellationTokenRegistration _onProcessToken;
        private readonly CancellationTokenRegistration _onEnumeratorToken;
        private readonly IAsyncEnumerable<WorkerBatch> _source;
        private IAsyncEnumerator<WorkerBatch>? _output;
        private ExceptionDispatchInfo? _inputFailure;
        private bool _ended;

        internal Enumerator(WorkerSession session, IAsyncEnumerable<ReadOnlyMemory<byte>> input, CancellationToken processToken, CancellationToken enumeratorToken)
        {
            _session = session;
            _processToken = processToken;
            _enumeratorToken = enumeratorToken;
            _stop = new CancellationTokenSource();
            _source = session.Process(new WatchedInput(input, OnInputFailed), _stop.Token);
            _onProcessToken = processToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _stop);
            _onEnumeratorToken = enumeratorToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _stop);
        }

        public WorkerBatch Current => _output is null ? default : _output.Current;

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        public async ValueTask<bool> MoveNextAsync()
        {
            if (_ended)
            {
                return false;
            }

            try
            {
                _output ??= _source.GetAsyncEnumerator(_stop.Token);
                if (await _output.MoveNextAsync().ConfigureAwait(false))
                {
                    return true;
                }

                _ended = true;
                _session.SettleUnlessSettled("the execution's stream ended without a word about how");
                ThrowIfInputFailed();
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
            // After the end this is a no-op: an outcome is already there.
            await _session.CancelAsync("the consumer stopped reading the results").ConfigureAwait(false);
            _ended = true;
            try
            {
                if (_output is not null)
                {
                    await _output.DisposeAsync().ConfigureAwait(false);
                }
            }
            finally
            {
                await _onProcessToken.DisposeAsync().ConfigureAwait(false);
                await _onEnumeratorToken.DisposeAsync().ConfigureAwait(false);
            }
        }

        /// <summary>Leaves no execution running behind an exception, and throws what the caller is to see if that is another one.</summary>
        private async ValueTask FailAsync(Exception exception)
        {
            CancellationToken fallen = FallenToken();
            string reason = _inputFailure is not null ? "the input failed" : fallen.IsCancellationRequested ? "the caller's token fell" : "reading the results failed";
            await _session.CancelAsync(reason).ConfigureAwait(false);
            ThrowIfInputFailed();
            if (exception is OperationCanceledException && fallen.IsCancellationRequested)
            {
                throw new OperationCanceledException($"Execution {_session.ExecutionId} was cancelled by its caller.", exception, fallen);
            }

            if (exception is OperationCanceledException && _session.Outcome is { } outcome)
            {
                outcome.ThrowUnlessFinished(_session.ExecutionId);
            }
        }

        private CancellationToken FallenToken() => _processToken.IsCancellationRequested ? _processToken : _enumeratorToken;

        private void ThrowIfInputFailed() => Volatile.Read(ref _inputFailure)?.Throw();

        private void OnInputFailed(Exception exception)
        {
            if (Interlocked.CompareExchange(ref _inputFailure, ExceptionDispatchInfo.Capture(exception), null) is null)
            {
                // Ends the wait for the next result; the execution is cancelled by whoever waits for it.
                _stop.Cancel();
            }
        }
    }
}
