using System.Collections.Concurrent;

namespace Udf.Worker.Direct.Tests;

/// <summary>Starts nothing: its processes are counted and end when they are told to. For races that take thousands of rounds.</summary>
internal sealed class MemoryLauncher : IWorkerLauncher
{
    // Numbers that no process of this machine has.
    private int _lastId = int.MaxValue / 2;

    public ConcurrentDictionary<int, MemoryProcess> Running { get; } = new();

    public int StartedCount => _lastId - (int.MaxValue / 2);

    public ValueTask<LaunchedProcess> LaunchAsync(WorkerLaunch launch, CancellationToken cancellationToken)
    {
        var process = new MemoryProcess(Interlocked.Increment(ref _lastId), this);
        Running.TryAdd(process.ProcessId, process);
        return new(process);
    }

    internal sealed class MemoryProcess(int processId, MemoryLauncher launcher) : LaunchedProcess
    {
        private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override int ProcessId => processId;

        public override Task<int> Exited => _exited.Task;

        public override Stream StandardOutput => Stream.Null;

        public override Stream StandardError => Stream.Null;

        public override void CloseInput() => Exit(0);

        public override bool TryTerminate()
        {
            Exit(128 + 15);
            return true;
        }

        public override void Kill() => Exit(128 + 9);

        /// <summary>Ends it from outside.</summary>
        public void Exit(int code)
        {
            launcher.Running.TryRemove(processId, out _);
            _exited.TrySetResult(code);
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
