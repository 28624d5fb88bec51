using Google.Protobuf;
using Udf.Worker.Protocol.Messages;
using State = Udf.Worker.Protocol.WorkerExecutionState;

namespace Udf.Worker.Protocol.Tests.Executions;

/// <summary>What a worker holds an <c>Init</c> and its payload against.</summary>
public class WorkerExecutionInitTests : WorkerExecutionTestBase
{
    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [InlineData(1000u)]
    public void Receive_UnsupportedVersion_IsRefused(uint version) =>
        AssertRefused($"version {version}", init => init.ProtocolVersion = version);

    [Fact]
    public void Receive_VersionOne_IsTaken() =>
        AssertOnly(WorkerAction.RunInit, Create().Receive(Requests.Init(change: init => init.ProtocolVersion = 1)));

    [Fact]
    public void Receive_NoDataFormat_IsRefused() =>
        AssertRefused("data_format is not set", init => init.DataFormat = UDFWorkerDataFormat.Unspecified);

    [Fact]
    public void Receive_UnknownDataFormat_IsRefusedByItsNumber() =>
        AssertRefused("4711", init => init.DataFormat = (UDFWorkerDataFormat)4711);

    [Fact]
    public void Receive_DataFormatNotDeclared_NamesThoseThatAre()
    {
        WorkerExecution worker = new(new WorkerExecutionOptions { DataFormats = [UDFWorkerDataFormat.Arrow] });
        AssertProtocolError(AssertInitResponse(worker.Receive(Requests.Init())).Error, "supports Arrow");
    }

    [Fact]
    public void Receive_NoUdf_IsRefused() => AssertRefused("Init.udf is not set", init => init.Udf = null);

    [Fact]
    public void Receive_EmptyFormat_IsRefused() => AssertRefused("format is empty", init => init.Udf.Format = "");

    [Fact]
    public void Receive_ChunksOfBothKinds_AssembleAfterTheInlinePart()
    {
        WorkerExecution worker = Create();
        byte[] whole = "inline-one-two-three"u8.ToArray();
        AssertNothing(worker.Receive(Requests.Init(isChunking: true, init =>
        {
            init.Udf.PayloadSize = whole.Length;
            init.Udf.PayloadCrc32 = Crc32.Compute(whole);
        })));
        AssertNothing(worker.Receive(Requests.Chunk("-one")));
        AssertNothing(worker.Receive(Requests.Chunk("-two", isLast: false)));
        AssertOnly(WorkerAction.RunInit, worker.Receive(Requests.Chunk("-three", isLast: true)));

        Assert.Equal(4, worker.Payload.Parts.Count);
        Assert.Equal(whole.Length, worker.Payload.LengthBytes);
        Assert.Equal(whole, worker.Payload.ToMemory().ToArray());
        Assert.Equal(whole, System.Buffers.BuffersExtensions.ToArray(worker.Payload.ToSequence()));
    }

    [Fact]
    public void Receive_EmptyInlinePart_LeavesTheChunksAlone()
    {
        WorkerExecution worker = Create();
        worker.Receive(Requests.Init(isChunking: true, init => init.Udf.Payload = ByteString.Empty));
        worker.Receive(Requests.Chunk("all", isLast: true));
        Assert.Single(worker.Payload.Parts);
    }

    [Fact]
    public void Receive_EmptyPayload_RunsInitWithNothing()
    {
        WorkerExecution worker = Create();
        AssertOnly(WorkerAction.RunInit, worker.Receive(Requests.Init(change: init =>
        {
            init.Udf.Payload = ByteString.Empty;
            init.Udf.PayloadSize = 0;
            init.Udf.PayloadCrc32 = 0;
        })));
        Assert.True(worker.Payload.ToMemory().IsEmpty);
        Assert.True(worker.Payload.ToSequence().IsEmpty);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(-1)]
    public void Receive_InlineSizeMismatch_IsRefused(long size) =>
        AssertRefused("payload_size", init => init.Udf.PayloadSize = size);

    [Fact]
    public void Receive_InlineCrcMismatch_IsRefused() =>
        AssertRefused("CRC-32", init => init.Udf.PayloadCrc32 = 1);

    [Fact]
    public void Receive_ChunkedTooShort_IsRefusedWithTheLastChunk()
    {
        WorkerExecution worker = Create();
        worker.Receive(Requests.Init(isChunking: true, init => init.Udf.PayloadSize = 20));
        AssertNothing(worker.Receive(Requests.Chunk("1234")));
        AssertProtocolError(AssertInitResponse(worker.Receive(Requests.Chunk("5678", isLast: true))).Error, "payload_size says 20");
        Assert.Equal(State.AwaitingCancel, worker.State);
    }

    [Fact]
    public void Receive_ChunkedLongerThanItSays_IsRefusedWithTheChunkThatGoesTooFar()
    {
        WorkerExecution worker = Create();
        worker.Receive(Requests.Init(isChunking: true, init => init.Udf.PayloadSize = 8));
        AssertProtocolError(AssertInitResponse(worker.Receive(Requests.Chunk("1234"))).Error, "payload_size says 8");
    }

    [Fact]
    public void Receive_ChunkedCrcMismatch_IsRefused()
    {
        WorkerExecution worker = Create();
        worker.Receive(Requests.Init(isChunking: true, init => init.Udf.PayloadCrc32 = 1));
        AssertProtocolError(AssertInitResponse(worker.Receive(Requests.Chunk(isLast: true))).Error, "CRC-32");
    }

    [Fact]
    public void Receive_EmptyChunk_IsRefused() =>
        AssertProtocolError(AssertInitResponse(In(State.AwaitingChunks).Receive(Requests.Chunk("", isLast: true))).Error, "empty");

    [Fact]
    public void Receive_PayloadOverTheLimit_IsRefusedWithTheChunkThatGoesTooFar()
    {
        WorkerExecution worker = In(State.AwaitingChunks);
        AssertNothing(worker.Receive(Requests.Chunk(new string('x', MaxPayloadBytes - "inline".Length))));
        AssertProtocolError(
            AssertInitResponse(worker.Receive(Requests.Chunk("x"))).Error,
            "101 bytes or more is longer than the limit of 100 bytes (MaxTestPayloadBytes)");

        // And what was assembled is not kept.
        AssertNothing(worker.Receive(Requests.Chunk("x", isLast: true)));
        Assert.Equal(0, worker.Payload.LengthBytes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Receive_DeclaredSizeOverTheLimit_IsRefusedAtOnce(bool isChunking)
    {
        WorkerExecution worker = Create();
        UdfRequest init = Requests.Init(isChunking, init => init.Udf.PayloadSize = MaxPayloadBytes + 1);
        AssertProtocolError(AssertInitResponse(worker.Receive(init)).Error, "MaxTestPayloadBytes");
    }

    [Fact]
    public void Receive_ManyRandomSplitsOfAPayload_AssembleToTheSame()
    {
        Random random = new(7);
        string text = new('a', 30);
        for (int round = 0; round < 100; round++)
        {
            WorkerExecution worker = Create();
            int position = random.Next(text.Length);
            worker.Receive(Requests.Init(isChunking: true, init =>
            {
                init.Udf.Payload = ByteString.CopyFromUtf8(text[..position]);
                init.Udf.PayloadSize = text.Length;
                init.Udf.PayloadCrc32 = Crc32.Compute(System.Text.Encoding.ASCII.GetBytes(text));
            }));
            WorkerDecision decision = default;
            while (position < text.Length)
            {
                int count = random.Next(1, text.Length - position + 1);
                bool isLast = position + count == text.Length;
                decision = worker.Receive(Requests.Chunk(text.Substring(position, count), isLast));
                position += count;
            }

            AssertOnly(WorkerAction.RunInit, decision);
            Assert.Equal(text, System.Text.Encoding.ASCII.GetString(worker.Payload.ToMemory().Span));
        }
    }

    private static void AssertRefused(string expected, Action<Init> change)
    {
        WorkerExecution worker = Create();
        AssertProtocolError(AssertInitResponse(worker.Receive(Requests.Init(change: change))).Error, expected);
        Assert.Equal(State.AwaitingCancel, worker.State);
        AssertCancelResponse(worker.Receive(Requests.Cancel()));
    }
}
