using Google.Protobuf;
using Udf.Worker.Protocol.Messages;
using State = Udf.Worker.Protocol.WorkerExecutionState;

namespace Udf.Worker.Protocol.Tests.Executions;

/// <summary>Every row of the worker's table in the Spark protocol.</summary>
public class WorkerExecutionTableTests : WorkerExecutionTestBase
{
    [Theory]
    [InlineData(State.AwaitingInit)]
    [InlineData(State.Idle)]
    public void Receive_Init_RunsInitAndThenTakesData(State state)
    {
        WorkerExecution worker = In(state);

        AssertOnly(WorkerAction.RunInit, worker.Receive(Requests.Init()));
        Assert.Equal(State.Initializing, worker.State);
        Assert.Equal("udf.echo", worker.Init!.Udf.Format);
        Assert.Equal("inline"u8.ToArray(), worker.Payload.ToMemory().ToArray());

        WorkerDecision answer = worker.InitSucceeded(ByteString.CopyFromUtf8("hello"));
        Assert.Equal("hello", AssertInitResponse(answer).Data.ToStringUtf8());
        Assert.Null(AssertInitResponse(answer).Error);
        Assert.Equal(State.Data, worker.State);
        Assert.Equal(0, worker.Payload.LengthBytes);
    }

    [Fact]
    public void InitFailed_Initializing_AnswersTheErrorAndAwaitsCancel()
    {
        WorkerExecution worker = In(State.Initializing);
        Assert.Equal(Failure, AssertInitResponse(worker.InitFailed(Failure)).Error);
        Assert.Equal(State.AwaitingCancel, worker.State);

        // No function, so no cancel callback.
        Assert.Null(AssertCancelResponse(worker.Receive(Requests.Cancel())).Error);
        Assert.Equal(State.Idle, worker.State);
    }

    [Fact]
    public void Receive_ChunkingInit_AwaitsChunks()
    {
        WorkerExecution worker = Create();
        AssertNothing(worker.Receive(Requests.Init(isChunking: true)));
        Assert.Equal(State.AwaitingChunks, worker.State);
    }

    [Theory]
    [InlineData(State.AwaitingInit)]
    [InlineData(State.AwaitingChunks)]
    public void Receive_CancelBeforeTheFunction_IsAnsweredWithoutError(State state)
    {
        WorkerExecution worker = In(state);
        WorkerDecision decision = worker.Receive(Requests.Cancel());
        Assert.Null(AssertCancelResponse(decision).Error);
        Assert.Null(decision.Reply);
        Assert.Equal(WorkerAction.None, decision.Action);
        Assert.Equal(State.Idle, worker.State);
    }

    [Theory]
    [InlineData("Chunk")]
    [InlineData("Data")]
    [InlineData("Finish")]
    [InlineData("Empty")]
    [InlineData("EmptyControl")]
    [InlineData("Undecodable")]
    public void Receive_OtherThanInitFirst_IsAProtocolErrorInInitResponse(string name)
    {
        WorkerExecution worker = Create();
        AssertProtocolError(AssertInitResponse(Receive(worker, name)).Error, "AwaitingInit");
        Assert.Equal(State.AwaitingCancel, worker.State);
        AssertCancelResponse(worker.Receive(Requests.Cancel()));
    }

    [Theory]
    [InlineData("Init")]
    [InlineData("Data")]
    [InlineData("Finish")]
    [InlineData("Empty")]
    [InlineData("EmptyControl")]
    [InlineData("Undecodable")]
    public void Receive_OtherThanChunksBetweenChunks_IsAProtocolErrorInInitResponse(string name)
    {
        WorkerExecution worker = In(State.AwaitingChunks);
        AssertProtocolError(AssertInitResponse(Receive(worker, name)).Error, "AwaitingChunks");
        Assert.Equal(State.AwaitingCancel, worker.State);
    }

    [Fact]
    public void Receive_DataInData_IsDelivered()
    {
        WorkerExecution worker = In(State.Data);
        AssertOnly(WorkerAction.Deliver, worker.Receive(Requests.Data()));
        AssertOnly(WorkerAction.Deliver, worker.ReceiveData());
        Assert.Equal(State.Data, worker.State);
        Assert.True(worker.CanSendOutput);
    }

    [Fact]
    public void Receive_FinishInData_FinishesAndAnswersWithDataAndMetrics()
    {
        WorkerExecution worker = In(State.Data);
        AssertOnly(WorkerAction.BeginFinish, worker.Receive(Requests.Finish()));
        Assert.Equal(State.Finishing, worker.State);
        Assert.True(worker.CanSendOutput);

        FinishResponse answer = AssertFinishResponse(worker.FinishSucceeded(ByteString.CopyFromUtf8("done"), new ExecutionMetrics { RowsIn = 3 }));
        Assert.Equal("done", answer.Data.ToStringUtf8());
        Assert.Equal(3u, answer.Metrics.RowsIn);
        Assert.Null(answer.Error);
        Assert.Equal(State.Idle, worker.State);
        Assert.False(worker.CanSendOutput);
    }

    [Fact]
    public void FinishFailed_Finishing_AnswersWithTheErrorOfTheCallback()
    {
        WorkerExecution worker = In(State.Finishing);
        Assert.Equal(Failure, AssertFinishResponse(worker.FinishFailed(Failure)).Error);
        Assert.Equal(State.Idle, worker.State);
    }

    [Fact]
    public void Receive_CancelInData_StopsOutputCleansUpAndAnswers()
    {
        WorkerExecution worker = In(State.Data);
        AssertOnly(WorkerAction.RunCancel, worker.Receive(Requests.Cancel()));
        Assert.False(worker.CanSendOutput);

        CancelResponse answer = AssertCancelResponse(worker.CancelCompleted(metrics: new ExecutionMetrics { BytesOut = 0 }));
        Assert.Null(answer.Error);
        Assert.True(answer.Metrics.HasBytesOut);
        Assert.Equal(State.Idle, worker.State);
    }

    [Fact]
    public void CancelCompleted_CallbackFailed_AnswersWithItsError()
    {
        WorkerExecution worker = In(State.Cancelling);
        Assert.Equal(Failure, AssertCancelResponse(worker.CancelCompleted(Failure)).Error);
    }

    [Fact]
    public void FunctionFailed_Data_IsReportedAndAwaitsCancel()
    {
        WorkerExecution worker = In(State.Data);
        WorkerDecision decision = worker.FunctionFailed(Failure);
        Assert.Equal(Failure, AssertErrorResponse(decision));
        Assert.Null(decision.Terminator);
        Assert.Equal(State.AwaitingCancel, worker.State);
        Assert.False(worker.CanSendOutput);
    }

    [Theory]
    [InlineData("Init")]
    [InlineData("Chunk")]
    [InlineData("Empty")]
    [InlineData("EmptyControl")]
    [InlineData("Undecodable")]
    public void Receive_WrongMessageInData_IsAProtocolErrorInErrorResponse(string name)
    {
        WorkerExecution worker = In(State.Data);
        WorkerDecision decision = Receive(worker, name);
        AssertProtocolError(AssertErrorResponse(decision), "Data");
        Assert.Equal(WorkerAction.Interrupt, decision.Action);
        Assert.Equal(State.AwaitingCancel, worker.State);
    }

    [Fact]
    public void Receive_CancelInAwaitingCancel_CleansUpAndAnswers()
    {
        WorkerExecution worker = In(State.AwaitingCancel);
        AssertOnly(WorkerAction.RunCancel, worker.Receive(Requests.Cancel()));
        AssertCancelResponse(worker.CancelCompleted());
        Assert.Equal(State.Idle, worker.State);
    }

    [Fact]
    public void Receive_CancelWhileFinishing_AbortsAndAnswersWithCancelResponse()
    {
        WorkerExecution worker = In(State.Finishing);
        AssertOnly(WorkerAction.Interrupt, worker.Receive(Requests.Cancel()));
        Assert.False(worker.CanSendOutput);

        AssertOnly(WorkerAction.RunCancel, worker.FinishSucceeded());
        AssertCancelResponse(worker.CancelCompleted());
    }

    [Fact]
    public void Receive_CancelAfterFinishResponse_IsIgnored()
    {
        WorkerExecution worker = In(State.Idle);
        AssertNothing(worker.Receive(Requests.Cancel()));
        Assert.Equal(State.Idle, worker.State);
    }

    [Theory]
    [InlineData(State.Data)]
    [InlineData(State.AwaitingCancel)]
    public void ReceiveEndOfStream_WithAFunction_CleansUpAndSendsNothing(State state)
    {
        WorkerExecution worker = In(state);
        AssertOnly(WorkerAction.RunCancel, worker.ReceiveEndOfStream());
        Assert.Equal(new WorkerDecision(WorkerAction.None, EndsConnection: true), worker.CancelCompleted(Failure));
        Assert.Equal(State.Closed, worker.State);
    }

    internal static WorkerDecision Receive(WorkerExecution worker, string name) => name switch
    {
        "Init" => worker.Receive(Requests.Init()),
        "Chunk" => worker.Receive(Requests.Chunk(isLast: true)),
        "Data" => worker.Receive(Requests.Data()),
        "Finish" => worker.Receive(Requests.Finish()),
        "Cancel" => worker.Receive(Requests.Cancel()),
        "Empty" => worker.Receive(Requests.Empty()),
        "EmptyControl" => worker.Receive(Requests.EmptyControl()),
        "Undecodable" => worker.ReceiveUndecodable("torn varint"),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Not a message."),
    };
}
