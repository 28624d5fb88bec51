using System.Collections.Concurrent;

namespace Udf.Worker.Testing;

/// <summary>A session listener that keeps what it hears, and then does what the test has set. Each action may throw.</summary>
public sealed class RecordingSessionListener : WorkerSessionListener
{
    private readonly ConcurrentQueue<WorkerSessionState> _states = new();
    private readonly ConcurrentQueue<WorkerSessionOutcome> _outcomes = new();
    private readonly ConcurrentQueue<(string Operation, Exception Exception)> _failures = new();

    public IReadOnlyCollection<WorkerSessionState> States => _states;

    public IReadOnlyCollection<WorkerSessionOutcome> Outcomes => _outcomes;

    public IReadOnlyCollection<(string Operation, Exception Exception)> Failures => _failures;

    public Action<WorkerSession, WorkerSessionState> OnState { get; set; } = static (_, _) => { };

    public Action<WorkerSession, WorkerSessionOutcome> OnSettled { get; set; } = static (_, _) => { };

    public Action<string, Exception> OnFailure { get; set; } = static (_, _) => { };

    public override void StateChanged(WorkerSession session, WorkerSessionState state, string detail)
    {
        ArgumentException.ThrowIfNullOrEmpty(detail);
        _states.Enqueue(state);
        OnState(session, state);
    }

    public override void Settled(WorkerSession session, WorkerSessionOutcome outcome)
    {
        _outcomes.Enqueue(outcome);
        OnSettled(session, outcome);
    }

    public override void OperationFailed(WorkerSession session, string operation, Exception exception)
    {
        _failures.Enqueue((operation, exception));
        OnFailure(operation, exception);
    }
}
