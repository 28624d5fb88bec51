using Udf.Worker.Testing;
using static Udf.Worker.Testing.ScriptedWorkerSession;

namespace Udf.Worker.Core.Tests.Workers;

public sealed class WorkerDispatcherExtensionsTests : IDisposable
{
    private readonly CancellationTokenSource _call = new();
    private readonly CancellationTokenSource _enumerator = new();
    private readonly SessionRig _rig = new();
    private readonly ScriptedWorkerDispatcher _dispatcher;
    private readonly WorkerSessionOptions _options = new() { InitTimeout = TimeSpan.FromSeconds(7) };
    private WorkerSessionOptions? _given;

    public WorkerDispatcherExtensionsTests()
    {
        _dispatcher = new ScriptedWorkerDispatcher((options, _) =>
        {
            _given = options;
            return new(_rig.Session);
        });
    }

    [Fact]
    public async Task ExecuteAsync_ToTheEnd_GivesTheBatchesAndCloses()
    {
        Assert.Equal(3, await CountAsync(new ScriptedInput(3)).DefaultTimeout());

        Assert.Same(_options, _given);
        AssertClosed(WorkerSessionOutcomeKind.Finished);
    }

    [Fact]
    public void ExecuteAsync_NotEnumerated_StartsNothing()
    {
        _dispatcher.ExecuteAsync(SessionRig.Init, new ScriptedInput(), _options, _call.Token);

        Assert.Null(_given);
        Assert.Empty(_rig.Trail.Calls);
    }

    [Fact]
    public void ExecuteAsync_NullArguments_ThrowAtTheCall()
    {
        Assert.Throws<ArgumentNullException>(() => ((WorkerDispatcher)null!).ExecuteAsync(SessionRig.Init, new ScriptedInput()));
        Assert.Throws<ArgumentNullException>(() => _dispatcher.ExecuteAsync(null!, new ScriptedInput()));
        Assert.Throws<ArgumentNullException>(() => _dispatcher.ExecuteAsync(SessionRig.Init, null!));
    }

    [Fact]
    public async Task ExecuteAsync_Break_CancelsAndCloses()
    {
        await foreach (WorkerBatch _ in _dispatcher.ExecuteAsync(SessionRig.Init, new ScriptedInput(3)))
        {
            break;
        }

        Assert.Equal(1, _rig.Trail.Count(CancelHook));
        AssertClosed(WorkerSessionOutcomeKind.Cancelled);
    }

    [Fact]
    public async Task ExecuteAsync_BodyThrows_CancelsAndCloses()
    {
        var failure = new InvalidOperationException("body");

        Assert.Same(failure, await Record.ExceptionAsync(async () =>
        {
            await foreach (WorkerBatch _ in _dispatcher.ExecuteAsync(SessionRig.Init, new ScriptedInput(3)))
            {
                throw failure;
            }
        }));

        AssertClosed(WorkerSessionOutcomeKind.Cancelled);
    }

    [Fact]
    public async Task ExecuteAsync_NoWorker_ComesOut()
    {
        var failure = new WorkerStartException("cannot be started");
        var dispatcher = new ScriptedWorkerDispatcher((_, _) => throw failure);

        Assert.Same(failure, await Record.ExceptionAsync(async () =>
        {
            await foreach (WorkerBatch _ in dispatcher.ExecuteAsync(SessionRig.Init, new ScriptedInput()))
            {
            }
        }));
    }

    [Fact]
    public async Task ExecuteAsync_InitFails_Closes()
    {
        var failure = new WorkerUserException("failed", WorkerExecutionPhase.Init, "failed");
        _rig.Session.OnInit = (_, _) =>
        {
            _rig.Session.TrySettle(WorkerSessionOutcome.Failed(failure));
            throw failure;
        };

        Assert.Same(failure, await Record.ExceptionAsync(() => CountAsync(new ScriptedInput())));

        AssertClosed(WorkerSessionOutcomeKind.Failed);
    }

    [Fact]
    public async Task ExecuteAsync_WorkerLostBetweenInitAndProcess_ThrowsWhyAndCloses()
    {
        var lost = new WorkerConnectionException("lost");
        _rig.Listener.OnState = (_, state) =>
        {
            if (state == WorkerSessionState.Initialized)
            {
                _rig.Session.TrySettle(WorkerSessionOutcome.TransportFailed(lost));
            }
        };

        Assert.Same(lost, await Record.ExceptionAsync(() => CountAsync(new ScriptedInput())));

        AssertClosed(WorkerSessionOutcomeKind.TransportFailed);
    }

    [Fact]
    public async Task ExecuteAsync_FunctionFails_Closes()
    {
        var failure = new WorkerUserException("failed", WorkerExecutionPhase.Data, "failed");
        _rig.Session.OnProcess = (_, _) =>
        {
            _rig.Session.TrySettle(WorkerSessionOutcome.Failed(failure));
            throw failure;
        };

        Assert.Same(failure, await Record.ExceptionAsync(() => CountAsync(new ScriptedInput())));

        AssertClosed(WorkerSessionOutcomeKind.Failed);
    }

    [Fact]
    public async Task ExecuteAsync_InputFails_ComesOutAndCloses()
    {
        var failure = new IOException("input");

        Assert.Same(failure, await Record.ExceptionAsync(() => CountAsync(new ScriptedInput { OnNext = (_, _) => throw failure })));

        AssertClosed(WorkerSessionOutcomeKind.Cancelled);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ExecuteAsync_TokenFallsInInit_CarriesItAndCloses(bool call)
    {
        CancellationTokenSource source = call ? _call : _enumerator;
        _rig.Session.OnInit = async (_, token) =>
        {
            await source.CancelAsync();
            token.ThrowIfCancellationRequested();
            return new WorkerInitResult();
        };

        await AssertCancelledAsync(source, new ScriptedInput());

        AssertClosed(WorkerSessionOutcomeKind.Cancelled);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ExecuteAsync_TokenFallsWhileStreaming_CarriesItAndCloses(bool call)
    {
        CancellationTokenSource source = call ? _call : _enumerator;
        var input = new ScriptedInput
        {
            OnNext = async (_, token) =>
            {
                await source.CancelAsync();
                token.ThrowIfCancellationRequested();
                return true;
            },
        };

        await AssertCancelledAsync(source, input);

        AssertClosed(WorkerSessionOutcomeKind.Cancelled);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ExecuteAsync_TokenFallsWhileAWorkerIsStarted_CarriesIt(bool call)
    {
        CancellationTokenSource source = call ? _call : _enumerator;
        var dispatcher = new ScriptedWorkerDispatcher(async (_, token) =>
        {
            await source.CancelAsync();
            token.ThrowIfCancellationRequested();
            return _rig.Session;
        });
        await using IAsyncEnumerator<WorkerBatch> stream = dispatcher.ExecuteAsync(SessionRig.Init, new ScriptedInput(), null, _call.Token).GetAsyncEnumerator(_enumerator.Token);

        var exception = await Assert.ThrowsAsync<OperationCanceledException>(() => stream.MoveNextAsync().DefaultTimeout());

        Assert.Equal(source.Token, exception.CancellationToken);
        Assert.Empty(_rig.Trail.Calls);
    }

    [Fact]
    public async Task ExecuteAsync_DisposedWithoutAMoveNext_StartsNothing()
    {
        await _dispatcher.ExecuteAsync(SessionRig.Init, new ScriptedInput()).GetAsyncEnumerator().DisposeAsync().DefaultTimeout();

        Assert.Empty(_rig.Trail.Calls);
    }

    public void Dispose()
    {
        _call.Dispose();
        _enumerator.Dispose();
        _dispatcher.Dispose();
    }

    private async Task AssertCancelledAsync(CancellationTokenSource source, ScriptedInput input)
    {
        var exception = await Assert.ThrowsAsync<OperationCanceledException>(() => CountAsync(input).DefaultTimeout());
        Assert.Equal(source.Token, exception.CancellationToken);
    }

    private async Task<int> CountAsync(ScriptedInput input)
    {
        int count = 0;
        await foreach (WorkerBatch _ in _dispatcher.ExecuteAsync(SessionRig.Init, input, _options, _call.Token).WithCancellation(_enumerator.Token))
        {
            count++;
        }

        return count;
    }

    private void AssertClosed(WorkerSessionOutcomeKind kind)
    {
        Assert.Equal(kind, _rig.Session.Outcome!.Kind);
        Sessions.Lifecycle.AssertKept(_rig);
    }
}
