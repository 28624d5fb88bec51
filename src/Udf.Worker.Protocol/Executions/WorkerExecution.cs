using Udf.Worker.Protocol.Internal;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol;

/// <summary>
/// The worker's side of the executions of one execute connection, one after another: what was received and what the function
/// did goes in, decisions come out. It reads no socket, runs no function and copies no batch.
/// </summary>
/// <remarks>
/// <para>Not thread-safe: the caller serialises all calls, and carries decisions out in the order in which it got them. One
/// blocking loop that reads, runs the function and writes is a correct caller; so is a reader beside a thread that runs the
/// function, under one lock.</para>
/// <para>What the engine sees does not depend on which of them it is: a callback that has begun ends, its answer (if it is still
/// wanted) goes out, and only then comes what was received meanwhile.</para>
/// <para>Holds at most the payload of one function, and that only until its init has returned.</para>
/// </remarks>
public sealed partial class WorkerExecution
{
    private readonly WorkerExecutionOptions _options;

    private PayloadAssembly? _assembly;
    private PendingEnds _pending;
    private ExecutionError? _violation;
    private ExecutionError? _shutDownError;
    private bool _functionIsReady;
    private bool _inputEnded;

    /// <summary>Begins a connection.</summary>
    /// <param name="options">What the worker takes.</param>
    public WorkerExecution(WorkerExecutionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
    }

    /// <summary>Where the connection stands.</summary>
    public WorkerExecutionState State { get; private set; } = WorkerExecutionState.AwaitingInit;

    /// <summary>The <c>Init</c> of the execution at hand; null if there is none, or if what came for it was not one.</summary>
    public Init? Init { get; private set; }

    /// <summary>The assembled payload, checked; empty but while <see cref="State"/> is <see cref="WorkerExecutionState.Initializing"/>.</summary>
    public AssembledPayload Payload { get; private set; } = AssembledPayload.Empty;

    /// <summary>Whether output of the function may be sent now. Output that comes too late is dropped.</summary>
    public bool CanSendOutput =>
        State is WorkerExecutionState.Data or WorkerExecutionState.Finishing && _pending == PendingEnds.None;

    /// <summary>Whether the connection is between executions: none has begun, or the last one has been terminated.</summary>
    public bool IsBetweenExecutions => State is WorkerExecutionState.AwaitingInit or WorkerExecutionState.Idle;

    private bool Has(PendingEnds end) => (_pending & end) != 0;

    private static WorkerDecision Do(WorkerAction action) => new(action);

    // Ends an execution that does not end by itself: stops the function if there is one.
    private WorkerDecision CleanUp(UdfResponse? reply)
    {
        if (!_functionIsReady)
        {
            return Settle(reply, CancelTerminator(metrics: null, error: null));
        }

        State = WorkerExecutionState.Cancelling;
        return new WorkerDecision(WorkerAction.RunCancel, Has(PendingEnds.Gone) ? null : reply);
    }

    // Null where nobody has asked for the end: the stream has ended or broken.
    private UdfResponse? CancelTerminator(ExecutionMetrics? metrics, ExecutionError? error) =>
        Has(PendingEnds.Cancel | PendingEnds.ShutDown) ? Responses.Cancel(metrics, error) : null;

    // The execution is over. The one place from which terminators come.
    private WorkerDecision Settle(UdfResponse? reply, UdfResponse? terminator)
    {
        bool isGone = Has(PendingEnds.Gone);
        bool endsConnection = Has(PendingEnds.Gone | PendingEnds.Broken | PendingEnds.ShutDown);
        Reset(endsConnection ? WorkerExecutionState.Closed : WorkerExecutionState.Idle);
        return new WorkerDecision(WorkerAction.None, isGone ? null : reply, isGone ? null : terminator, endsConnection);
    }

    private WorkerDecision Close()
    {
        Reset(WorkerExecutionState.Closed);
        return new WorkerDecision(WorkerAction.None, EndsConnection: true);
    }

    private void Reset(WorkerExecutionState state)
    {
        State = state;
        Init = null;
        ReleasePayload();
        _pending = PendingEnds.None;
        _violation = null;
        _shutDownError = null;
        _functionIsReady = false;
        _inputEnded = false;
    }

    private void ReleasePayload()
    {
        _assembly = null;
        Payload = AssembledPayload.Empty;
    }

    private InvalidOperationException Misuse(string happened) =>
        new($"{happened} was reported while the execution is {State}.");
}
