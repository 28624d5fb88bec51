using Microsoft.Extensions.Logging;
using Udf.Worker.Direct.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>What foreign code throws where it must not costs nobody a worker.</summary>
public sealed class WorkerPoolLogTests
{
    [Fact]
    public async Task Log_ThrowsAlways_WorkersAreStartedReusedAndEnded()
    {
        using var logs = new ThrowingLoggerFactory();
        var options = new DirectWorkerOptions();
        options.Pool.MaxWorkers = 1;
        var dispatcher = new FakeDispatcher(Scripts.Worker().WithReuse(), options, logs);
        FakeSession first = await dispatcher.CreateSessionAsync().DefaultTimeout();
        await first.CloseAsync().DefaultTimeout();
        FakeSession second = await dispatcher.CreateSessionAsync().DefaultTimeout();
        Assert.Equal(first.ProcessId, second.ProcessId);
        second.Lease.MarkInvalid(new InvalidOperationException("out of step"));
        await second.CloseAsync().DefaultTimeout();

        // The only place is free again.
        FakeSession third = await dispatcher.CreateSessionAsync().DefaultTimeout();

        Assert.NotEqual(first.ProcessId, third.ProcessId);
        await third.CloseAsync().DefaultTimeout();
        await dispatcher.DisposeAsync().DefaultTimeout();
        dispatcher.AssertNothingLeft();
        Assert.True(logs.ThrownCount > 0);
    }

    [Fact]
    public void Cancel_CallerWasRefusedBeforeHeWaited_DoesNothing() => PoolCaller.Cancel(new PoolCaller(), new CancellationToken(canceled: true));

    private sealed class ThrowingLoggerFactory : ILoggerFactory, ILogger
    {
        private int _thrownCount;

        public int ThrownCount => _thrownCount;

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Interlocked.Increment(ref _thrownCount);
            throw new InvalidOperationException("The sink is closed.");
        }

        public void Dispose()
        {
        }
    }
}
