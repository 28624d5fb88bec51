using System.Buffers.Binary;
using Google.Protobuf;
using Udf.Worker.Protocol.Messages;
using ErrorKind = Udf.Worker.Protocol.Messages.ExecutionError.KindOneofCase;

namespace Udf.Worker.Host.Tests;

public sealed class ExecutionOverMemoryTests() : ExecutionTests(Carrier.Memory);

public sealed class ExecutionOverUnixSocketTests() : ExecutionTests(Carrier.Unix);

/// <summary>Every row of the worker's table of states, byte by byte, on a connection that is used again afterwards.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001", Justification = "xunit calls DisposeAsync of IAsyncLifetime.")]
public abstract class ExecutionTests(Carrier carrier) : IAsyncLifetime
{
    private readonly WorkerUnderTest _worker = new(carrier);

    /// <summary>Messages that say nothing.</summary>
    public static TheoryData<string> NoMessages => ["", "0200", "120561", "12FF", "0A00", "0F", "7A0161"];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _worker.DisposeAsync();

    [Fact]
    public async Task Init_WithoutChunks_IsAnsweredWithData()
    {
        using WireConnection connection = await _worker.ConnectAsync();
        InitResponse answer = await connection.InitAsync("udf.echo", "payload");
        Assert.Equal("payload", answer.Data.ToStringUtf8());
        await connection.FinishAsync();
        await connection.ExpectUsableAsync();
    }

    [Fact]
    public async Task Init_WithChunks_IsAnsweredAfterTheLast()
    {
        using WireConnection connection = await _worker.ConnectAsync();
        await connection.SendAsync(Requests.Init("udf.echo", "a", isChunking: true), Requests.Chunk("b"), Requests.Chunk("c", isLast: true));
        UdfResponse response = await connection.ResponseAsync();
        Assert.Equal("abc", response.Control.Init.Data.ToStringUtf8());
        await connection.FinishAsync();
    }

    [Theory]
    [InlineData(4L, null)]
    [InlineData(2L, null)]
    [InlineData(null, 1u)]
    public async Task Init_WithWrongSizeOrCrc_IsAProtocolError(long? size, uint? crc)
    {
        using WireConnection connection = await _worker.ConnectAsync();
        await connection.SendAsync(Requests.Init("udf.echo", "abc", change: init =>
        {
            if (size is { } bytes)
            {
                init.Udf.PayloadSize = bytes;
            }

            if (crc is { } sum)
            {
                init.Udf.PayloadCrc32 = sum;
            }
        }));
        await ExpectInitErrorAsync(connection, ErrorKind.Protocol);
        await ExpectOnlyCancelCountsAsync(connection);
    }

    [Fact]
    public async Task Cancel_BeforeInit_IsAnswered()
    {
        using WireConnection connection = await _worker.ConnectAsync();
        CancelResponse answer = await connection.CancelAsync();
        Assert.Null(answer.Error);
        await connection.ExpectUsableAsync();
    }

    [Fact]
    public async Task Cancel_BetweenChunks_IsAnswered()
    {
        using WireConnection connection = await _worker.ConnectAsync();
        await connection.SendAsync(Requests.Init("udf.echo", isChunking: true), Requests.Chunk("a"));
        await connection.CancelAsync();
        await connection.ExpectUsableAsync();
    }

    [Fact]
    public async Task Cancel_InTheDataPhase_IsAnswered()
    {
        using WireConnection connection = await _worker.ConnectAsync();
        await connection.StartAsync("udf.echo");
        CancelResponse answer = await connection.CancelAsync("because");
        Assert.Null(answer.Error);
        await connection.ExpectUsableAsync();
    }

    [Fact]
    public async Task Cancel_AfterFinishResponse_IsDropped()
    {
        using WireConnection connection = await _worker.ConnectAsync();
        await connection.StartAsync("udf.echo");
        await connection.FinishAsync();
        await connection.SendAsync(Requests.Cancel());
        await connection.ExpectUsableAsync();
    }

    [Fact]
    public async Task WrongMessage_BeforeInit_IsAProtocolErrorOfInit()
    {
        foreach (UdfRequest request in new[] { Requests.Chunk("c"), Requests.Data("d"), Requests.Finish() })
        {
            using WireConnection connection = await _worker.ConnectAsync();
            await connection.SendAsync(request);
            await ExpectInitErrorAsync(connection, ErrorKind.Protocol);
            await ExpectOnlyCancelCountsAsync(connection);
        }
    }

    [Fact]
    public async Task WrongMessage_BetweenChunks_IsAProtocolErrorOfInit()
    {
        foreach (UdfRequest request in new[] { Requests.Init("udf.echo"), Requests.Data("d"), Requests.Finish() })
        {
            using WireConnection connection = await _worker.ConnectAsync();
            await connection.SendAsync(Requests.Init("udf.echo", isChunking: true), request);
            await ExpectInitErrorAsync(connection, ErrorKind.Protocol);
            await ExpectOnlyCancelCountsAsync(connection);
        }
    }

    [Fact]
    public async Task WrongMessage_InTheDataPhase_IsAProtocolError()
    {
        foreach (UdfRequest request in new[] { Requests.Init("udf.echo"), Requests.Chunk("c", isLast: true) })
        {
            using WireConnection connection = await _worker.ConnectAsync();
            await connection.StartAsync("udf.echo");
            await connection.SendAsync(Requests.Data("first"), request);
            await connection.ExpectDataAsync("first");
            ExecutionError error = await connection.ExpectErrorAsync();
            Assert.Equal(ErrorKind.Protocol, error.KindCase);
            await ExpectOnlyCancelCountsAsync(connection);
        }
    }

    [Theory]
    [MemberData(nameof(NoMessages))]
    public async Task Undecodable_InAnyPhase_IsAProtocolErrorOfThatPhase(string hex)
    {
        byte[] message = Convert.FromHexString(hex);
        using WireConnection first = await _worker.ConnectAsync();
        await first.SendFrameAsync(message);
        await ExpectInitErrorAsync(first, ErrorKind.Protocol);
        await ExpectOnlyCancelCountsAsync(first);

        using WireConnection second = await _worker.ConnectAsync();
        await second.StartAsync("udf.echo");
        await second.SendFrameAsync(message);
        ExecutionError error = await second.ExpectErrorAsync();
        Assert.Equal(ErrorKind.Protocol, error.KindCase);
        await ExpectOnlyCancelCountsAsync(second);

        // And between two executions it is dropped.
        await second.SendFrameAsync(message);
        await second.ExpectUsableAsync();
    }

    [Fact]
    public async Task Init_ThatAWorkerMustRefuse_IsAProtocolError()
    {
        Action<Init>[] changes =
        [
            init => init.ProtocolVersion = 1000,
            init => init.DataFormat = UDFWorkerDataFormat.Unspecified,
            init => init.DataFormat = (UDFWorkerDataFormat)7,
            init => init.Udf = null,
            init => init.Udf.Format = "",
        ];
        foreach (Action<Init> change in changes)
        {
            using WireConnection connection = await _worker.ConnectAsync();
            await connection.SendAsync(Requests.Init("udf.echo", change: change));
            await ExpectInitErrorAsync(connection, ErrorKind.Protocol);
            await ExpectOnlyCancelCountsAsync(connection);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BrokenFrame_InsideAnExecution_IsToldAndEndsTheConnection(bool isTooLong)
    {
        byte[] header = new byte[5];
        if (isTooLong)
        {
            BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(1), uint.MaxValue);
        }
        else
        {
            header[0] = 1;
        }

        using WireConnection connection = await _worker.ConnectAsync();
        await connection.StartAsync("udf.echo");
        await connection.SendAsync(header);
        ExecutionError error = await connection.ExpectErrorAsync();
        Assert.Equal(ErrorKind.Protocol, error.KindCase);
        if (isTooLong)
        {
            Assert.Contains(nameof(UdfWorkerOptions.MaxFrameBytes), error.Protocol.Message, StringComparison.Ordinal);
        }

        await connection.ExpectEndAsync();
    }

    [Fact]
    public async Task Data_InEveryEncoding_IsTheSameBatch()
    {
        using WireConnection connection = await _worker.ConnectAsync();
        await connection.StartAsync("udf.echo");
        string[] encodings =
        [
            "1203" + "0A0161",
            "1283808080000A0161",
            "12070A818080800061",
            "1206" + "0A0162" + "0A0161",
            "1203" + "0A0162" + "1203" + "0A0161",
        ];
        foreach (string encoding in encodings)
        {
            await connection.SendFrameAsync(Convert.FromHexString(encoding));
            await connection.ExpectDataAsync("a");
        }

        await connection.FinishAsync();
    }

    [Fact]
    public async Task Metrics_OnATerminator_AreThoseOfItsExecution()
    {
        using WireConnection connection = await _worker.ConnectAsync();
        for (int round = 0; round < 2; round++)
        {
            await connection.StartAsync("udf.double");
            await connection.SendAsync(Requests.Data("abc"));
            await connection.ExpectDataAsync("abc", "abc");
            FinishResponse end = await connection.FinishAsync();
            Assert.Equal((3ul, 6ul, 1ul, 2ul), (end.Metrics.BytesIn, end.Metrics.BytesOut, end.Metrics.BatchesIn, end.Metrics.BatchesOut));
        }

        await connection.StartAsync("udf.sink");
        await connection.SendAsync(Requests.Data("abc"));
        CancelResponse cancelled = await connection.CancelAsync();
        Assert.Equal(3ul, cancelled.Metrics.BytesIn);
    }

    [Fact]
    public async Task LargeBatches_WhileTheEngineStillSends_DoNotBlockEachOther()
    {
        using WireConnection connection = await _worker.ConnectAsync();
        await connection.StartAsync("udf.double");
        UdfRequest request = new() { Data = new DataRequest { Data = ByteString.CopyFrom(new byte[1024 * 1024]) } };
        async Task SendAllAsync()
        {
            for (int index = 0; index < 8; index++)
            {
                await connection.SendAsync(request);
            }
        }

        Task sending = Task.Run(SendAllAsync);
        for (int index = 0; index < 16; index++)
        {
            UdfResponse response = await connection.ResponseAsync();
            Assert.Equal(1024 * 1024, response.Data.Data.Length);
        }

        await sending;
        await connection.FinishAsync();
    }

    private static async Task ExpectInitErrorAsync(WireConnection connection, ErrorKind kind)
    {
        UdfResponse response = await connection.ResponseAsync();
        Assert.Equal(UdfControlResponse.ControlOneofCase.Init, response.Control?.ControlCase);
        Assert.Equal(kind, response.Control!.Init.Error?.KindCase);
    }

    private static async Task ExpectOnlyCancelCountsAsync(WireConnection connection)
    {
        await connection.SendAsync(Requests.Data("dropped"), Requests.Init("udf.echo"), Requests.Chunk("c"), Requests.Finish());
        await connection.SendFrameAsync([], [0xFF]);
        await connection.CancelAsync();
        await connection.ExpectUsableAsync();
    }
}
