using System.Runtime.CompilerServices;
using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>The results of one execution, while its input is being sent. Begins to send when the first result is asked for.</summary>
internal sealed class FramedBatchStream(FramedWorkerSession session, IAsyncEnumerable<ReadOnlyMemory<byte>> input) : IAsyncEnumerable<WorkerBatch>, IAsyncEnumerator<WorkerBatch>
{
    private readonly WorkerBatchSlot _slot = new();
    private CancellationToken _cancellationToken;
    private CancellationTokenRegistration _onStop;
    private bool _begun;

    public WorkerBatch Current { get; private set; }

    // Core enumerates it once.
    public IAsyncEnumerator<WorkerBatch> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        _cancellationToken = cancellationToken;
        _onStop = cancellationToken.UnsafeRegister(static state => ((FramedWorkerSession)state!).StopInput(), session);
        return this;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> MoveNextAsync()
    {
        _slot.Retire();
        if (!_begun)
        {
            _begun = true;
            session.LendReader();
            _ = session.PumpAsync(input); // Catches everything; its end is the end of the input, or of the execution.
        }

        ReadResult result = await session.ReadAsync(_cancellationToken).ConfigureAwait(false);
        if (result.Action == EngineAction.Deliver)
        {
            Current = _slot.Publish(result.Batch!);
            return true;
        }

        if (session.IsReaderLent)
        {
            // What follows the end may be anything, and take any time.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        session.ThrowIfFailed();
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        _onStop.Unregister();
        _slot.Retire();

        // The caller may now do what he likes with the memory that he yielded.
        await session.WaitUntilNothingIsSentAsync().ConfigureAwait(false);
    }
}
