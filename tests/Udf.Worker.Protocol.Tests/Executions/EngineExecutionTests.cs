using Udf.Worker.Protocol.Messages;
using State = Udf.Worker.Protocol.EngineExecutionState;

namespace Udf.Worker.Protocol.Tests.Executions;

public class EngineExecutionTests
{
    private static readonly ExecutionError Failure = ExecutionErrors.User("requested", "TestError");
    private static readonly ExecutionError OtherFailure = ExecutionErrors.User("while cleaning up");

    public static TheoryData<string> EverythingButInitResponse => ["Data", "Error", "Finish", "Cancel", "Empty", "EmptyControl", "Undecodable", "Broken", "End"];

    [Fact]
    public void TrySend_WholeExecution_EndsFinishedAndReusable()
    {
        EngineExecution engine = new();
        Assert.True(engine.TrySendInit(isChunking: false));
        Assert.Equal(State.AwaitingInitResponse, engine.State);
        Assert.Equal(EngineAction.Initialized, engine.Receive(Replies.Init()));
        Assert.NotNull(engine.InitResponse);
        Assert.True(engine.TrySendData());
        Assert.Equal(EngineAction.Deliver, engine.Receive(Replies.Data()));
        Assert.Equal(EngineAction.Deliver, engine.ReceiveData());
        Assert.True(engine.TrySendFinish());
        Assert.Equal(EngineAction.Deliver, engine.ReceiveData());
        Assert.False(engine.IsConnectionReusable);
        Assert.Equal(EngineAction.Ended, engine.Receive(Replies.Finish()));

        Assert.Equal(EngineOutcomeKind.Finished, engine.Outcome!.Kind);
        Assert.NotNull(engine.Outcome.FinishResponse);
        Assert.Null(engine.Outcome.Error);
        Assert.True(engine.IsConnectionReusable);
    }

    [Fact]
    public void TrySendChunk_Chunks_ComeBetweenInitAndItsAnswer()
    {
        EngineExecution engine = new();
        Assert.True(engine.TrySendInit(isChunking: true));
        Assert.True(engine.TrySendChunk(isLast: false));
        Assert.Equal(State.SendingChunks, engine.State);
        Assert.True(engine.TrySendChunk(isLast: true));
        Assert.Equal(State.AwaitingInitResponse, engine.State);
        Assert.Throws<InvalidOperationException>(() => engine.TrySendChunk(isLast: true));
        Assert.Equal(EngineAction.Initialized, engine.Receive(Replies.Init()));
    }

    [Fact]
    public void TrySend_OutOfOrder_IsMisuse()
    {
        Assert.Throws<InvalidOperationException>(() => In(State.AwaitingInitResponse).TrySendInit(false));
        Assert.Throws<InvalidOperationException>(() => In(State.Data).TrySendInit(false));
        foreach (State state in new[] { State.Created, State.SendingChunks, State.AwaitingInitResponse, State.Finishing })
        {
            Assert.Throws<InvalidOperationException>(() => In(state).TrySendData());
            Assert.Throws<InvalidOperationException>(() => In(state).TrySendFinish());
        }

        foreach (State state in new[] { State.Created, State.AwaitingInitResponse, State.Data, State.Finishing })
        {
            Assert.Throws<InvalidOperationException>(() => In(state).TrySendChunk(false));
        }
    }

    [Fact]
    public void TrySend_AfterFailureCancelOrEnd_SendsNothing()
    {
        foreach (State state in new[] { State.Failed, State.Cancelling, State.Ended })
        {
            EngineExecution engine = In(state);
            Assert.False(engine.TrySendChunk(true));
            Assert.False(engine.TrySendData());
            Assert.False(engine.TrySendFinish());
            Assert.Equal(state, engine.State);
        }
    }

    [Theory]
    [InlineData(State.SendingChunks)]
    [InlineData(State.AwaitingInitResponse)]
    [InlineData(State.Data)]
    [InlineData(State.Finishing)]
    [InlineData(State.Failed)]
    public void TrySendCancel_AnyTimeAfterInit_IsSentOnce(State state)
    {
        EngineExecution engine = In(state);
        Assert.True(engine.TrySendCancel());
        Assert.Equal(State.Cancelling, engine.State);
        Assert.False(engine.TrySendCancel());
        Assert.False(engine.IsCancelDue);
        Assert.Equal(EngineAction.Ended, engine.Receive(Replies.Cancel()));
        Assert.Equal(state == State.Failed ? EngineOutcomeKind.Failed : EngineOutcomeKind.Cancelled, engine.Outcome!.Kind);
        Assert.NotNull(engine.Outcome.CancelResponse);
        Assert.True(engine.IsConnectionReusable);
        Assert.False(engine.TrySendCancel());
    }

    [Fact]
    public void TrySendCancel_BeforeInit_EndsWithoutAMessage()
    {
        // A worker that is idle between executions would never answer it.
        EngineExecution engine = new();
        Assert.False(engine.TrySendCancel());
        Assert.Equal(EngineOutcomeKind.Cancelled, engine.Outcome!.Kind);
        Assert.True(engine.IsConnectionReusable);
        Assert.False(engine.TrySendInit(isChunking: false));
    }

    [Fact]
    public void Receive_FinishResponseAfterFinishThenCancel_EndsFinishedAndIsNotReusable()
    {
        EngineExecution engine = In(State.Finishing);
        Assert.True(engine.TrySendCancel());
        Assert.Equal(EngineAction.Ended, engine.Receive(Replies.Finish()));
        Assert.Equal(EngineOutcomeKind.Finished, engine.Outcome!.Kind);
        Assert.False(engine.IsConnectionReusable);
    }

    [Theory]
    [MemberData(nameof(EverythingButInitResponse))]
    public void Receive_AnythingBeforeInitResponse_FailsInitAtOnce(string name)
    {
        foreach (State state in new[] { State.SendingChunks, State.AwaitingInitResponse })
        {
            EngineExecution engine = In(state);
            EngineAction action = Receive(engine, name);
            Assert.Equal(name == "Error" ? EngineAction.Failed : EngineAction.Ended, action);
            Assert.Equal(name == "Error" ? State.Failed : State.Ended, engine.State);
            if (name == "Error")
            {
                // What the worker says is kept, and the worker is not trusted with the connection.
                engine.TrySendCancel();
                engine.Receive(Replies.Cancel());
                Assert.Equal(EngineOutcomeKind.Failed, engine.Outcome!.Kind);
                Assert.Equal(Failure, engine.Outcome.Error);
            }
            else if (name == "End")
            {
                Assert.Equal(EngineOutcomeKind.TransportFailed, engine.Outcome!.Kind);
                Assert.Equal("The stream ended.", engine.Outcome.TransportFailure);
            }
            else
            {
                Assert.Equal(EngineOutcomeKind.ProtocolViolated, engine.Outcome!.Kind);
                Assert.Equal(state, engine.Outcome.Violation!.State);
                Assert.Contains(state.ToString(), engine.Outcome.Violation.Message, StringComparison.Ordinal);
            }

            Assert.False(engine.IsConnectionReusable);
        }
    }

    [Fact]
    public void Receive_TerminatorWithErrorBeforeInitResponse_KeepsTheError()
    {
        EngineExecution engine = In(State.AwaitingInitResponse);
        engine.Receive(Replies.Finish(Failure));
        Assert.Equal(EngineOutcomeKind.ProtocolViolated, engine.Outcome!.Kind);
        Assert.Equal(Failure, engine.Outcome.Error);
    }

    [Fact]
    public void Receive_InitResponseWithError_FailsAndCancelIsDue()
    {
        foreach (State state in new[] { State.SendingChunks, State.AwaitingInitResponse })
        {
            EngineExecution engine = In(state);
            Assert.Equal(EngineAction.Failed, engine.Receive(Replies.Init(Failure)));
            Assert.True(engine.IsCancelDue);
            Assert.Equal(Failure, engine.Error);
            Assert.False(engine.TrySendChunk(isLast: true));
            Assert.True(engine.TrySendCancel());
            engine.Receive(Replies.Cancel());
            Assert.Equal(EngineOutcomeKind.Failed, engine.Outcome!.Kind);
            Assert.Equal(Failure, engine.Outcome.Error);
            Assert.True(engine.IsConnectionReusable);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Receive_ErrorResponse_DropsDataUntilTheTerminator(bool finishWasSent)
    {
        EngineExecution engine = In(finishWasSent ? State.Finishing : State.Data);
        Assert.Equal(EngineAction.Failed, engine.Receive(Replies.Error(Failure)));
        Assert.True(engine.IsCancelDue);
        Assert.Equal(EngineAction.None, engine.ReceiveData());
        Assert.True(engine.TrySendCancel());
        Assert.Equal(EngineAction.None, engine.ReceiveData());
        Assert.Equal(EngineAction.Ended, engine.Receive(Replies.Cancel(OtherFailure)));

        Assert.Equal(EngineOutcomeKind.Failed, engine.Outcome!.Kind);
        Assert.Equal(Failure, engine.Outcome.Error);
        Assert.Equal(OtherFailure, engine.Outcome.SuppressedError);
        Assert.True(engine.IsConnectionReusable);
    }

    [Fact]
    public void Receive_ErrorResponseWithoutError_IsStillAFailure()
    {
        EngineExecution engine = In(State.Data);
        Assert.Equal(EngineAction.Failed, engine.Receive(Replies.Error()));
        Assert.Equal(ExecutionError.KindOneofCase.Worker, engine.Error!.KindCase);
    }

    [Fact]
    public void Receive_FinishResponseWithError_FailsAndIsReusable()
    {
        EngineExecution engine = In(State.Finishing);
        engine.Receive(Replies.Finish(Failure));
        Assert.Equal(EngineOutcomeKind.Failed, engine.Outcome!.Kind);
        Assert.Equal(Failure, engine.Outcome.Error);
        Assert.Null(engine.Outcome.SuppressedError);
        Assert.True(engine.IsConnectionReusable);
    }

    [Fact]
    public void Receive_CancelResponseWithErrorAlone_ComesBeforeWasCancelled()
    {
        EngineExecution engine = In(State.Cancelling);
        engine.Receive(Replies.Cancel(OtherFailure));
        Assert.Equal(EngineOutcomeKind.Failed, engine.Outcome!.Kind);
        Assert.Equal(OtherFailure, engine.Outcome.Error);
        Assert.True(engine.IsConnectionReusable);
    }

    [Fact]
    public void Receive_ErrorResponseThatMeetsCancel_ComesBeforeWasCancelled()
    {
        EngineExecution engine = In(State.Data);
        engine.TrySendCancel();
        Assert.Equal(EngineAction.Failed, engine.Receive(Replies.Error(Failure)));
        Assert.False(engine.IsCancelDue);
        engine.Receive(Replies.Cancel());
        Assert.Equal(EngineOutcomeKind.Failed, engine.Outcome!.Kind);
        Assert.Equal(Failure, engine.Outcome.Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Receive_InitResponseThatMeetsCancel_IsTaken(bool withError)
    {
        EngineExecution engine = In(State.AwaitingInitResponse);
        engine.TrySendCancel();
        Assert.Equal(withError ? EngineAction.Failed : EngineAction.None, engine.Receive(Replies.Init(withError ? Failure : null)));
        Assert.Equal(State.Cancelling, engine.State);
        Assert.Equal(EngineAction.None, engine.ReceiveData());
        engine.Receive(Replies.Cancel());
        Assert.Equal(withError ? EngineOutcomeKind.Failed : EngineOutcomeKind.Cancelled, engine.Outcome!.Kind);
        Assert.True(engine.IsConnectionReusable);
    }

    [Fact]
    public void Receive_CancelResponseThatDidNotWaitForCancel_EndsButIsNotReusable()
    {
        EngineExecution engine = In(State.Failed);
        Assert.Equal(EngineAction.Ended, engine.Receive(Replies.Cancel()));
        Assert.Equal(EngineOutcomeKind.Failed, engine.Outcome!.Kind);
        Assert.False(engine.IsCancelDue);
        Assert.False(engine.IsConnectionReusable);
    }

    [Fact]
    public void Receive_FinishResponseAfterErrorResponse_KeepsTheErrorAndIsNotReusable()
    {
        EngineExecution engine = In(State.Finishing);
        engine.Receive(Replies.Error(Failure));
        engine.Receive(Replies.Finish());
        Assert.Equal(Failure, engine.Outcome!.Error);
        Assert.Equal(EngineOutcomeKind.Failed, engine.Outcome.Kind);
        Assert.False(engine.IsConnectionReusable);
    }

    [Fact]
    public void Receive_AgainstTheRules_IsAViolationThatNamesMessageAndState()
    {
        AssertViolation(In(State.Created), "Data", "DataResponse");
        AssertViolation(In(State.Created), "Init", "InitResponse");
        AssertViolation(In(State.Created), "Error", "ErrorResponse");
        AssertViolation(In(State.Created), "Finish", "FinishResponse");
        AssertViolation(In(State.Created), "Cancel", "CancelResponse");
        AssertViolation(In(State.SendingChunks), "Init", "InitResponse");
        AssertViolation(In(State.Data), "Init", "InitResponse");
        AssertViolation(In(State.Finishing), "Init", "InitResponse");
        AssertViolation(In(State.Data), "Finish", "FinishResponse");
        AssertViolation(In(State.Cancelling), "Finish", "FinishResponse");
        AssertViolation(In(State.Data), "Cancel", "CancelResponse");
        AssertViolation(In(State.Finishing), "Cancel", "CancelResponse");
        AssertViolation(In(State.Failed), "Error", "ErrorResponse");
        foreach (State state in new[] { State.Data, State.Finishing, State.Failed, State.Cancelling })
        {
            AssertViolation(In(state), "Empty", "UdfResponse without content");
            AssertViolation(In(state), "EmptyControl", "UdfControlResponse without content");
            AssertViolation(In(state), "Undecodable", "cannot be decoded");
            AssertViolation(In(state), "Broken", "refused");
        }
    }

    [Fact]
    public void Receive_DataThatMeetsCancelBeforeInitResponse_IsAViolation()
    {
        EngineExecution engine = In(State.AwaitingInitResponse);
        engine.TrySendCancel();
        AssertViolation(engine, "Data", "DataResponse");
    }

    [Fact]
    public void Receive_ErrorResponseAfterInitResponseError_IsAViolationThatKeepsTheError()
    {
        EngineExecution engine = In(State.AwaitingInitResponse);
        engine.Receive(Replies.Init(Failure));
        AssertViolation(engine, "Error", "ErrorResponse");
        Assert.Equal(Failure, engine.Outcome!.Error);
    }

    [Theory]
    [InlineData("Init")]
    [InlineData("Data")]
    [InlineData("Error")]
    [InlineData("Finish")]
    [InlineData("Cancel")]
    [InlineData("Empty")]
    [InlineData("Undecodable")]
    [InlineData("Broken")]
    public void Receive_AnythingAfterTheTerminator_SpoilsTheConnectionAndNotTheOutcome(string name)
    {
        EngineExecution engine = In(State.Ended);
        Assert.True(engine.IsConnectionReusable);
        Assert.Equal(EngineAction.None, Receive(engine, name));
        Assert.Equal(EngineOutcomeKind.Finished, engine.Outcome!.Kind);
        Assert.NotNull(engine.LateViolation);
        Assert.Equal(State.Ended, engine.LateViolation.State);
        Assert.False(engine.IsConnectionReusable);
    }

    [Theory]
    [InlineData(State.SendingChunks)]
    [InlineData(State.AwaitingInitResponse)]
    [InlineData(State.Data)]
    [InlineData(State.Finishing)]
    [InlineData(State.Failed)]
    [InlineData(State.Cancelling)]
    public void ConnectionLost_InsideAnExecution_IsATransportFailureThatKeepsTheError(State state)
    {
        EngineExecution engine = In(state);
        Assert.Equal(EngineAction.Ended, engine.ConnectionLost("The stream ended."));
        Assert.Equal(EngineOutcomeKind.TransportFailed, engine.Outcome!.Kind);
        Assert.Equal(state == State.Failed ? Failure : null, engine.Outcome.Error);
        Assert.False(engine.IsConnectionReusable);
    }

    [Fact]
    public void ConnectionLost_AfterTheEnd_ChangesOnlyTheConnection()
    {
        EngineExecution engine = In(State.Ended);
        Assert.Equal(EngineAction.None, engine.ConnectionLost("The stream ended."));
        Assert.Equal(EngineOutcomeKind.Finished, engine.Outcome!.Kind);
        Assert.False(engine.IsConnectionReusable);
    }

    private static void AssertViolation(EngineExecution engine, string name, string messageName)
    {
        State state = engine.State;
        Assert.Equal(EngineAction.Ended, Receive(engine, name));
        Assert.Equal(EngineOutcomeKind.ProtocolViolated, engine.Outcome!.Kind);
        Assert.Contains(messageName, engine.Outcome.Violation!.MessageName, StringComparison.Ordinal);
        Assert.Equal(state, engine.Outcome.Violation.State);
        Assert.False(engine.IsConnectionReusable);
    }

    private static EngineAction Receive(EngineExecution engine, string name) => name switch
    {
        "Init" => engine.Receive(Replies.Init()),
        "Data" => engine.Receive(Replies.Data()),
        "Error" => engine.Receive(Replies.Error(Failure)),
        "Finish" => engine.Receive(Replies.Finish()),
        "Cancel" => engine.Receive(Replies.Cancel()),
        "Empty" => engine.Receive(Replies.Empty()),
        "EmptyControl" => engine.Receive(Replies.EmptyControl()),
        "Undecodable" => engine.ReceiveUndecodable("Torn varint."),
        "Broken" => engine.ReceiveBrokenFrame(new FrameError(FrameErrorKind.FlagNotZero, 1, 0, FrameLimit.Default)),
        "End" => engine.ConnectionLost("The stream ended."),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Not a message."),
    };

    private static EngineExecution In(State state)
    {
        EngineExecution engine = new();
        switch (state)
        {
            case State.Created:
                break;
            case State.SendingChunks:
                engine.TrySendInit(isChunking: true);
                break;
            case State.AwaitingInitResponse:
                engine.TrySendInit(isChunking: false);
                break;
            case State.Data:
                engine = In(State.AwaitingInitResponse);
                engine.Receive(Replies.Init());
                break;
            case State.Finishing:
                engine = In(State.Data);
                engine.TrySendFinish();
                break;
            case State.Failed:
                engine = In(State.Data);
                engine.Receive(Replies.Error(Failure));
                break;
            case State.Cancelling:
                engine = In(State.Data);
                engine.TrySendCancel();
                break;
            case State.Ended:
                engine = In(State.Finishing);
                engine.Receive(Replies.Finish());
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(state), state, "No way into it is known.");
        }

        Assert.Equal(state, engine.State);
        return engine;
    }
}
