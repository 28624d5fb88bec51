using System.Collections.Concurrent;

namespace Udf.Worker.Direct.Tests;

/// <summary>Makes dispatchers that only count how often they are disposed.</summary>
internal sealed class FakeDispatcherFactory : IWorkerDispatcherFactory
{
    public ConcurrentQueue<CountingDispatcher> Created { get; } = new();

    public string Name => "fakes";

    public bool CanCreate(WorkerSpecification specification) => specification.Direct?.Properties?.Connection is CustomConnection { Name: FakeDispatcher.TransportName };

    public WorkerDispatcher Create(WorkerSpecification specification)
    {
        var dispatcher = new CountingDispatcher(specification);
        Created.Enqueue(dispatcher);
        return dispatcher;
    }

    internal sealed class CountingDispatcher(WorkerSpecification specification) : WorkerDispatcher
    {
        public int DisposeCount { get; private set; }

        public Func<Task> OnDispose { get; set; } = static () => Task.CompletedTask;

        public override WorkerSpecification Specification { get; } = specification;

        public override ValueTask<WorkerSession> CreateSessionAsync(WorkerSessionOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            DisposeCount++;
            await OnDispose();
        }

        protected override void Dispose(bool disposing) => DisposeCount++;
    }
}
