using Udf.Worker.Testing;

namespace Udf.Worker.Core.Tests.Sessions;

/// <summary>A stream of results whose every step the test decides; unless told otherwise each batch is the one byte 1.</summary>
internal sealed class ScriptedOutput : IAsyncEnumerable<WorkerBatch>, IAsyncEnumerator<WorkerBatch>
{
    public ScriptedWorkerSession? Slot { get; init; }

    public Action OnStart { get; init; } = static () => { };

    public Func<ValueTask<bool>> OnNext { get; init; } = static () => new(false);

    public Func<WorkerBatch>? OnCurrent { get; init; }

    public WorkerBatch Current => OnCurrent?.Invoke() ?? Slot!.Publish(1);

    public IAsyncEnumerator<WorkerBatch> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        OnStart();
        return this;
    }

    public ValueTask<bool> MoveNextAsync() => OnNext();

    public ValueTask DisposeAsync() => default;
}
