using Udf.Worker.Protocol.Messages;
using State = Udf.Worker.Protocol.WorkerExecutionState;

namespace Udf.Worker.Protocol.Tests.Executions;

/// <summary>The rules that UDF frames add to Spark's: reuse, dropping, ends of connections, the manage connection.</summary>
public class WorkerExecutionRulesTests : WorkerExecutionTestBase
{
    private static readonly string[] EverythingButCancel = ["Init", "Chunk", "Data", "Finish", "Empty", "EmptyControl", "Undecodable"];

    public static TheoryData<string> WaysIntoAwaitingCancel => ["ErrorResponse", "InitResponse.error", "ManageInData", "ManageInChunks", "ManageInInit", "ManageInFinish"];

    [Theory]
    [MemberData(nameof(WaysIntoAwaitingCancel))]
    public void Receive_EverythingButCancelInAwaitingCancel_IsDroppedAndCancelIsAnswered(string way)
    {
        WorkerExecution worker = AwaitingCancel(way);
        foreach (string name in EverythingButCancel)
        {
            AssertNothing(WorkerExecutionTableTests.Receive(worker, name));
            Assert.Equal(State.AwaitingCancel, worker.State);
        }

        AssertNothing(worker.CancelledByManage());
        Assert.False(worker.CanSendOutput);
        AssertEndsWithCancelResponse(worker, worker.Receive(Requests.Cancel()));
    }

    [Theory]
    [MemberData(nameof(WaysIntoAwaitingCancel))]
    public void ReceiveEndOfStream_AwaitingCancel_EndsWithNothingSent(string way)
    {
        WorkerExecution worker = AwaitingCancel(way);
        WorkerDecision decision = worker.ReceiveEndOfStream();
        if (decision.Action == WorkerAction.RunCancel)
        {
            Assert.False(decision.EndsConnection);
            decision = worker.CancelCompleted();
        }

        Assert.Equal(new WorkerDecision(WorkerAction.None, EndsConnection: true), decision);
    }

    [Fact]
    public void InputEnded_Data_DropsBatchesUntilFinish()
    {
        WorkerExecution worker = In(State.Data);
        worker.InputEnded();
        AssertNothing(worker.ReceiveData());
        AssertNothing(worker.Receive(Requests.Data()));
        Assert.True(worker.CanSendOutput);
        AssertOnly(WorkerAction.BeginFinish, worker.Receive(Requests.Finish()));
        AssertFinishResponse(worker.FinishSucceeded());

        // And the next execution takes input again.
        worker.Receive(Requests.Init());
        worker.InitSucceeded();
        AssertOnly(WorkerAction.Deliver, worker.ReceiveData());
    }

    [Fact]
    public void InputEnded_ThenCancel_CleansUp()
    {
        WorkerExecution worker = In(State.Data);
        worker.InputEnded();
        AssertOnly(WorkerAction.RunCancel, worker.Receive(Requests.Cancel()));
    }

    [Fact]
    public void Receive_EverythingButInitBetweenExecutions_IsDroppedAndNeverAnswered()
    {
        foreach (WorkerExecution worker in new[] { In(State.Idle), AfterCancel(State.Data), AfterCancel(State.AwaitingInit) })
        {
            foreach (string name in EverythingButCancel.Except(["Init"]).Append("Cancel"))
            {
                AssertNothing(WorkerExecutionTableTests.Receive(worker, name));
                Assert.Equal(State.Idle, worker.State);
            }

            AssertNothing(worker.CancelledByManage());
            AssertOnly(WorkerAction.RunInit, worker.Receive(Requests.Init()));
            AssertInitResponse(worker.InitSucceeded());
        }
    }

    [Theory]
    [InlineData(State.AwaitingInit)]
    [InlineData(State.Idle)]
    [InlineData(State.AwaitingChunks)]
    public void ReceiveEndOfStream_WithoutAFunction_Closes(State state)
    {
        WorkerExecution worker = In(state);
        Assert.Equal(new WorkerDecision(WorkerAction.None, EndsConnection: true), worker.ReceiveEndOfStream());
        Assert.Equal(State.Closed, worker.State);
        AssertNothing(worker.ReceiveEndOfStream());
    }

    [Fact]
    public void ReceiveEndOfStream_WhileACallbackRuns_InterruptsItAndSendsNothing()
    {
        WorkerExecution inInit = In(State.Initializing);
        AssertOnly(WorkerAction.Interrupt, inInit.ReceiveEndOfStream());
        AssertOnly(WorkerAction.RunCancel, inInit.InitSucceeded());
        Assert.Equal(new WorkerDecision(WorkerAction.None, EndsConnection: true), inInit.CancelCompleted());

        WorkerExecution failsInInit = In(State.Initializing);
        failsInInit.ReceiveEndOfStream();
        Assert.Equal(new WorkerDecision(WorkerAction.None, EndsConnection: true), failsInInit.InitFailed(Failure));

        WorkerExecution inFinish = In(State.Finishing);
        AssertOnly(WorkerAction.Interrupt, inFinish.ReceiveEndOfStream());
        AssertOnly(WorkerAction.RunCancel, inFinish.FinishFailed(Failure));
        Assert.Equal(new WorkerDecision(WorkerAction.None, EndsConnection: true), inFinish.CancelCompleted());

        WorkerExecution inCancel = In(State.Cancelling);
        AssertNothing(inCancel.ReceiveEndOfStream());
        Assert.Equal(new WorkerDecision(WorkerAction.None, EndsConnection: true), inCancel.CancelCompleted());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Receive_CancelWhileInitRuns_AnswersInitFirstAsOneLoopWould(bool fails)
    {
        WorkerExecution worker = In(State.Initializing);
        AssertOnly(WorkerAction.Interrupt, worker.Receive(Requests.Cancel()));
        AssertNothingSentTwice(worker, fails);

        static void AssertNothingSentTwice(WorkerExecution worker, bool fails)
        {
            WorkerDecision decision = fails ? worker.InitFailed(Failure) : worker.InitSucceeded();
            Assert.Equal(fails ? Failure : null, AssertInitResponse(decision).Error);
            if (fails)
            {
                // There is no function to cancel.
                AssertCancelResponse(decision);
                return;
            }

            Assert.Null(decision.Terminator);
            Assert.Equal(WorkerAction.RunCancel, decision.Action);
            AssertCancelResponse(worker.CancelCompleted());
        }
    }

    [Theory]
    [InlineData("Init")]
    [InlineData("Chunk")]
    [InlineData("Data")]
    [InlineData("Finish")]
    [InlineData("Undecodable")]
    public void Receive_WrongMessageWhileInitRuns_IsTheErrorOfInitResponse(string name)
    {
        WorkerExecution worker = In(State.Initializing);
        AssertOnly(WorkerAction.Interrupt, WorkerExecutionTableTests.Receive(worker, name));
        AssertProtocolError(AssertInitResponse(worker.InitSucceeded()).Error, "Initializing");
        AssertEndsWithCancelResponse(worker, worker.Receive(Requests.Cancel()));

        WorkerExecution failing = In(State.Initializing);
        WorkerExecutionTableTests.Receive(failing, name);
        Assert.Equal(Failure, AssertInitResponse(failing.InitFailed(Failure)).Error);
    }

    [Theory]
    [InlineData("Init")]
    [InlineData("Chunk")]
    [InlineData("Data")]
    [InlineData("Finish")]
    [InlineData("Empty")]
    [InlineData("EmptyControl")]
    [InlineData("Undecodable")]
    public void Receive_WrongMessageWhileFinishing_IsTheErrorOfFinishResponse(string name)
    {
        WorkerExecution worker = In(State.Finishing);
        AssertOnly(WorkerAction.Interrupt, WorkerExecutionTableTests.Receive(worker, name));
        AssertProtocolError(AssertFinishResponse(worker.FinishSucceeded()).Error, "Finishing");
        Assert.Equal(State.Idle, worker.State);

        WorkerExecution failing = In(State.Finishing);
        WorkerExecutionTableTests.Receive(failing, name);
        Assert.Equal(Failure, AssertFinishResponse(failing.FinishFailed(Failure)).Error);
    }

    [Fact]
    public void Receive_AnythingAfterCancel_IsTheErrorOfCancelResponseAndASecondCancelIsNot()
    {
        foreach (string name in EverythingButCancel)
        {
            WorkerExecution worker = In(State.Cancelling);
            AssertNothing(WorkerExecutionTableTests.Receive(worker, name));
            AssertProtocolError(AssertCancelResponse(worker.CancelCompleted()).Error, "Cancelling");
        }

        WorkerExecution twice = In(State.Cancelling);
        AssertNothing(twice.Receive(Requests.Cancel()));
        Assert.Null(AssertCancelResponse(twice.CancelCompleted()).Error);
    }

    [Fact]
    public void FunctionFailed_WhileFinishing_IsAnErrorOfTheDataPhase()
    {
        WorkerExecution worker = In(State.Finishing);
        Assert.Equal(Failure, AssertErrorResponse(worker.FunctionFailed(Failure)));
        Assert.Equal(State.AwaitingCancel, worker.State);
        AssertEndsWithCancelResponse(worker, worker.Receive(Requests.Cancel()));
    }

    [Fact]
    public void FunctionFailed_AfterCancel_IsDropped()
    {
        WorkerExecution finishing = In(State.Finishing);
        finishing.Receive(Requests.Cancel());
        AssertOnly(WorkerAction.RunCancel, finishing.FunctionFailed(Failure));
        AssertCancelResponse(finishing.CancelCompleted());

        foreach (State state in new[] { State.AwaitingCancel, State.Cancelling, State.Idle, State.Closed })
        {
            AssertNothing(In(state).FunctionFailed(Failure));
        }
    }

    [Fact]
    public void CancelledByManage_Data_WaitsForCancelAndTellsNoError()
    {
        WorkerExecution worker = In(State.Data);
        AssertOnly(WorkerAction.Interrupt, worker.CancelledByManage());
        AssertNothing(worker.FunctionFailed(Failure));
        AssertEndsWithCancelResponse(worker, worker.Receive(Requests.Cancel()));
    }

    [Fact]
    public void CancelledByManage_ThenCancelWhileFinishing_EndsWithCancelResponse()
    {
        WorkerExecution worker = In(State.Finishing);
        AssertOnly(WorkerAction.Interrupt, worker.CancelledByManage());
        AssertNothing(WorkerExecutionTableTests.Receive(worker, "Data"));
        AssertOnly(WorkerAction.Interrupt, worker.Receive(Requests.Cancel()));
        AssertOnly(WorkerAction.RunCancel, worker.FinishFailed(Failure));
        Assert.Null(AssertCancelResponse(worker.CancelCompleted()).Error);
    }

    [Fact]
    public void CancelledByManage_NothingRuns_DoesNothing()
    {
        foreach (State state in new[] { State.AwaitingInit, State.Idle, State.Cancelling, State.Closed })
        {
            WorkerExecution worker = In(state);
            AssertNothing(worker.CancelledByManage());
            Assert.Equal(state, worker.State);
        }
    }

    [Fact]
    public void ReceiveBrokenFrame_BeforeTheFunction_IsTheErrorOfInitResponseAndTheEnd()
    {
        foreach (State state in new[] { State.AwaitingInit, State.AwaitingChunks })
        {
            WorkerExecution worker = In(state);
            WorkerDecision decision = worker.ReceiveBrokenFrame(Broken);
            AssertProtocolError(AssertInitResponse(decision).Error, "MaxTestFrameBytes");
            Assert.Null(decision.Terminator);
            Assert.True(decision.EndsConnection);
        }
    }

    [Fact]
    public void ReceiveBrokenFrame_InInit_IsTheErrorOfInitResponseAndTheEnd()
    {
        WorkerExecution worker = In(State.Initializing);
        AssertOnly(WorkerAction.Interrupt, worker.ReceiveBrokenFrame(Broken));
        WorkerDecision decision = worker.InitSucceeded();
        AssertProtocolError(AssertInitResponse(decision).Error, "MaxTestFrameBytes");
        Assert.Equal(WorkerAction.RunCancel, decision.Action);
        Assert.Equal(new WorkerDecision(WorkerAction.None, EndsConnection: true), worker.CancelCompleted());
    }

    [Fact]
    public void ReceiveBrokenFrame_InData_IsAnErrorResponseAndTheEnd()
    {
        WorkerExecution worker = In(State.Data);
        WorkerDecision decision = worker.ReceiveBrokenFrame(Broken);
        AssertProtocolError(AssertErrorResponse(decision), "MaxTestFrameBytes");
        Assert.Equal(WorkerAction.RunCancel, decision.Action);
        Assert.Equal(new WorkerDecision(WorkerAction.None, EndsConnection: true), worker.CancelCompleted());
        Assert.Equal(State.Closed, worker.State);
    }

    [Fact]
    public void ReceiveBrokenFrame_WhileFinishing_IsTheErrorOfFinishResponseAndTheEnd()
    {
        WorkerExecution worker = In(State.Finishing);
        AssertOnly(WorkerAction.Interrupt, worker.ReceiveBrokenFrame(Broken));
        WorkerDecision decision = worker.FinishSucceeded();
        AssertProtocolError(AssertFinishResponse(decision).Error, "MaxTestFrameBytes");
        Assert.True(decision.EndsConnection);
    }

    [Fact]
    public void ReceiveBrokenFrame_AfterCancel_IsTheErrorOfCancelResponseAndTheEnd()
    {
        WorkerExecution worker = In(State.Cancelling);
        AssertNothing(worker.ReceiveBrokenFrame(Broken));
        WorkerDecision decision = worker.CancelCompleted();
        AssertProtocolError(AssertCancelResponse(decision).Error, "MaxTestFrameBytes");
        Assert.True(decision.EndsConnection);
    }

    [Fact]
    public void ReceiveBrokenFrame_NobodyWaitsForAnAnswer_SaysNothing()
    {
        Assert.Equal(new WorkerDecision(WorkerAction.None, EndsConnection: true), In(State.Idle).ReceiveBrokenFrame(Broken));
        AssertNothing(In(State.Closed).ReceiveBrokenFrame(Broken));

        WorkerExecution worker = In(State.AwaitingCancel);
        AssertOnly(WorkerAction.RunCancel, worker.ReceiveBrokenFrame(Broken));
        Assert.Equal(new WorkerDecision(WorkerAction.None, EndsConnection: true), worker.CancelCompleted());
    }

    [Fact]
    public void ShutDown_Data_ReportsAWorkerErrorAndDoesNotWaitForCancel()
    {
        WorkerExecution worker = In(State.Data);
        WorkerDecision decision = worker.ShutDown("going home");
        Assert.Equal("going home", AssertErrorResponse(decision).Worker.Message);
        Assert.Equal(WorkerAction.RunCancel, decision.Action);

        // The engine does not know yet.
        AssertNothing(worker.ReceiveData());
        AssertNothing(worker.Receive(Requests.Cancel()));
        WorkerDecision end = worker.CancelCompleted();
        Assert.Null(AssertCancelResponse(end).Error);
        Assert.True(end.EndsConnection);
    }

    [Fact]
    public void ShutDown_InACallback_ReportsWhenItHasReturned()
    {
        WorkerExecution inInit = In(State.Initializing);
        AssertOnly(WorkerAction.Interrupt, inInit.ShutDown("going home"));
        Assert.Equal("going home", AssertInitResponse(inInit.InitSucceeded()).Error.Worker.Message);
        Assert.True(inInit.CancelCompleted().EndsConnection);

        WorkerExecution inFinish = In(State.Finishing);
        AssertOnly(WorkerAction.Interrupt, inFinish.ShutDown("going home"));
        Assert.Equal("going home", AssertErrorResponse(inFinish.FinishSucceeded()).Worker.Message);
        AssertCancelResponse(inFinish.CancelCompleted());
    }

    [Fact]
    public void ShutDown_WithoutAFunction_EndsAtOnce()
    {
        WorkerDecision chunks = In(State.AwaitingChunks).ShutDown("going home");
        Assert.Equal("going home", AssertInitResponse(chunks).Error.Worker.Message);
        AssertCancelResponse(chunks);
        Assert.True(chunks.EndsConnection);

        Assert.Equal(new WorkerDecision(WorkerAction.None, EndsConnection: true), In(State.Idle).ShutDown("going home"));
        AssertNothing(In(State.Closed).ShutDown("going home"));
    }

    [Fact]
    public void ShutDown_AwaitingCancel_AnswersWithoutWaiting()
    {
        WorkerExecution worker = In(State.AwaitingCancel);
        AssertOnly(WorkerAction.RunCancel, worker.ShutDown("going home"));
        AssertCancelResponse(worker.CancelCompleted());
        Assert.Equal(State.Closed, worker.State);
    }

    [Fact]
    public void FunctionEvents_WithoutTheirAction_AreMisuse()
    {
        foreach (State state in Enum.GetValues<State>())
        {
            if (state != State.Initializing)
            {
                Assert.Throws<InvalidOperationException>(() => In(state).InitSucceeded());
                Assert.Throws<InvalidOperationException>(() => In(state).InitFailed(Failure));
            }

            if (state != State.Finishing)
            {
                Assert.Throws<InvalidOperationException>(() => In(state).FinishSucceeded());
                Assert.Throws<InvalidOperationException>(() => In(state).FinishFailed(Failure));
            }

            if (state != State.Cancelling)
            {
                Assert.Throws<InvalidOperationException>(() => In(state).CancelCompleted());
            }
        }

        foreach (State state in new[] { State.AwaitingInit, State.AwaitingChunks, State.Initializing })
        {
            Assert.Throws<InvalidOperationException>(() => In(state).FunctionFailed(Failure));
            Assert.Throws<InvalidOperationException>(() => In(state).InputEnded());
        }
    }

    private static WorkerExecution AfterCancel(State state)
    {
        WorkerExecution worker = In(state);
        AssertEndsWithCancelResponse(worker, worker.Receive(Requests.Cancel()));
        return worker;
    }

    private static void AssertEndsWithCancelResponse(WorkerExecution worker, WorkerDecision decision)
    {
        if (decision.Action == WorkerAction.RunCancel)
        {
            Assert.Null(decision.Terminator);
            decision = worker.CancelCompleted();
        }

        Assert.Null(AssertCancelResponse(decision).Error);
        Assert.Null(decision.Reply);
        Assert.False(decision.EndsConnection);
        Assert.Equal(State.Idle, worker.State);
    }

    private static WorkerExecution AwaitingCancel(string way)
    {
        WorkerExecution worker;
        switch (way)
        {
            case "ErrorResponse":
                worker = In(State.AwaitingCancel);
                break;
            case "InitResponse.error":
                worker = In(State.Initializing);
                worker.InitFailed(Failure);
                break;
            case "ManageInData":
                worker = In(State.Data);
                worker.CancelledByManage();
                break;
            case "ManageInChunks":
                worker = In(State.AwaitingChunks);
                AssertNothing(worker.CancelledByManage());
                break;
            case "ManageInInit":
                worker = In(State.Initializing);
                AssertOnly(WorkerAction.Interrupt, worker.CancelledByManage());
                AssertInitResponse(worker.InitSucceeded());
                break;
            case "ManageInFinish":
                worker = In(State.Finishing);
                worker.CancelledByManage();
                AssertNothing(worker.FinishSucceeded());
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(way), way, "No such way.");
        }

        Assert.Equal(State.AwaitingCancel, worker.State);
        return worker;
    }
}
