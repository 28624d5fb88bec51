using System.Runtime.CompilerServices;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>A dispatcher whose workers are reused, with a clock that stands still, and jitter that is none.</summary>
internal sealed class PoolRig : IAsyncDisposable
{
    public PoolRig(Action<WorkerPoolOptions>? configure = null, string script = Scripts.WellBehaved, Action<DirectWorkerOptions>? more = null, Func<WorkerSpecification, WorkerSpecification>? change = null)
    {
        var options = new DirectWorkerOptions { NextRandom = static () => 0 };
        configure?.Invoke(options.Pool);
        more?.Invoke(options);
        WorkerSpecification specification = Scripts.Worker(script).WithReuse();
        Dispatcher = new FakeDispatcher(change?.Invoke(specification) ?? specification, options, Logs, Clock);
    }

    public ManualTimeProvider Clock { get; } = new();

    public ListLoggerFactory Logs { get; } = new();

    public FakeDispatcher Dispatcher { get; }

    public static WorkerSessionOptions For(string? scope) => new() { SecurityScope = scope is null ? null : WorkerSecurityScope.Named(scope) };

    public Task<FakeSession> BeginAsync(string? scope = null, CancellationToken cancellationToken = default) => Dispatcher.CreateSessionAsync(For(scope), cancellationToken).AsTask();

    public Task<FakeSession> OpenAsync(string? scope = null) => BeginAsync(scope).DefaultTimeout();

    /// <summary>A session that is over, and the process that served it.</summary>
    public async Task<int> RunAsync(string? scope = null)
    {
        FakeSession session = await OpenAsync(scope);
        await session.CloseAsync().DefaultTimeout();
        return session.ProcessId;
    }

    public WorkerPoolStatistics Statistics(string? scope = null) =>
        Assert.Single(Dispatcher.GetStatistics(), entry => Equals(entry.Scope, For(scope).SecurityScope));

    public long Retired(WorkerRetireReason reason, string? scope = null) => Statistics(scope).RetiredCounts.GetValueOrDefault(reason);

    /// <summary>Waits for what happens on other threads; says what was waited for.</summary>
    public static Task UntilAsync(Func<bool> condition, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) =>
        FakeDispatcher.WaitUntilAsync(condition).DefaultTimeout(file!, line);

    public async ValueTask DisposeAsync()
    {
        await Dispatcher.DisposeAsync().DefaultTimeout();
        Dispatcher.AssertNothingLeft();
        Logs.Dispose();
    }
}
