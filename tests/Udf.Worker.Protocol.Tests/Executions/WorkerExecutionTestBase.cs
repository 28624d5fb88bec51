using Udf.Worker.Protocol.Messages;
using State = Udf.Worker.Protocol.WorkerExecutionState;

namespace Udf.Worker.Protocol.Tests.Executions;

/// <summary>A worker's execution, brought into each of its states, and assertions on what it decides.</summary>
public abstract class WorkerExecutionTestBase
{
    protected const int MaxPayloadBytes = 100;

    private protected static readonly ExecutionError Failure = ExecutionErrors.User("requested", "TestError");

    private protected static readonly FrameError Broken = new(FrameErrorKind.TooLong, 0, 200, new FrameLimit(100, "MaxTestFrameBytes"));

    private protected static WorkerExecution Create() => new(new WorkerExecutionOptions
    {
        DataFormats = [UDFWorkerDataFormat.Raw, UDFWorkerDataFormat.Arrow],
        MaxPayloadBytes = MaxPayloadBytes,
        MaxPayloadSettingName = "MaxTestPayloadBytes",
    });

    private protected static WorkerExecution In(State state)
    {
        WorkerExecution worker = Create();
        switch (state)
        {
            case State.AwaitingInit:
                break;
            case State.AwaitingChunks:
                worker.Receive(Requests.Init(isChunking: true));
                break;
            case State.Initializing:
                worker.Receive(Requests.Init());
                break;
            case State.Data:
                worker.Receive(Requests.Init());
                worker.InitSucceeded();
                break;
            case State.Finishing:
                worker = In(State.Data);
                worker.Receive(Requests.Finish());
                break;
            case State.AwaitingCancel:
                worker = In(State.Data);
                worker.FunctionFailed(Failure);
                break;
            case State.Cancelling:
                worker = In(State.Data);
                worker.Receive(Requests.Cancel());
                break;
            case State.Idle:
                worker = In(State.Finishing);
                worker.FinishSucceeded();
                break;
            case State.Closed:
                worker.ReceiveEndOfStream();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(state), state, "No way into it is known.");
        }

        Assert.Equal(state, worker.State);
        return worker;
    }

    private protected static void AssertNothing(WorkerDecision decision) => Assert.Equal(new WorkerDecision(WorkerAction.None), decision);

    private protected static void AssertOnly(WorkerAction action, WorkerDecision decision) => Assert.Equal(new WorkerDecision(action), decision);

    private protected static InitResponse AssertInitResponse(WorkerDecision decision)
    {
        Assert.Equal(UdfControlResponse.ControlOneofCase.Init, decision.Reply?.Control.ControlCase);
        return decision.Reply!.Control.Init;
    }

    private protected static ExecutionError AssertErrorResponse(WorkerDecision decision)
    {
        Assert.Equal(UdfControlResponse.ControlOneofCase.Error, decision.Reply?.Control.ControlCase);
        return decision.Reply!.Control.Error.Error;
    }

    private protected static FinishResponse AssertFinishResponse(WorkerDecision decision)
    {
        Assert.Equal(UdfControlResponse.ControlOneofCase.Finish, decision.Terminator?.Control.ControlCase);
        return decision.Terminator!.Control.Finish;
    }

    private protected static CancelResponse AssertCancelResponse(WorkerDecision decision)
    {
        Assert.Equal(UdfControlResponse.ControlOneofCase.Cancel, decision.Terminator?.Control.ControlCase);
        return decision.Terminator!.Control.Cancel;
    }

    private protected static void AssertProtocolError(ExecutionError? error, string? expected = null)
    {
        Assert.Equal(ExecutionError.KindOneofCase.Protocol, error?.KindCase);
        Assert.Contains(expected ?? "", error!.Protocol.Message, StringComparison.Ordinal);
    }
}
