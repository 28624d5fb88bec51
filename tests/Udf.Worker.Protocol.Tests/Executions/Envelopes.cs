using Google.Protobuf;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol.Tests.Executions;

/// <summary>Messages in their envelopes, for tests of executions.</summary>
internal static class Requests
{
    internal static UdfRequest Init(bool isChunking = false, Action<Init>? change = null)
    {
        Init init = new()
        {
            DataFormat = UDFWorkerDataFormat.Raw,
            Udf = new UdfPayload { Format = "udf.echo", Payload = ByteString.CopyFromUtf8("inline") },
        };
        if (isChunking)
        {
            init.IsChunkingPayload = true;
        }

        change?.Invoke(init);
        return Control(new UdfControlRequest { Init = init });
    }

    internal static UdfRequest Chunk(string text = "chunk", bool? isLast = null)
    {
        PayloadChunk chunk = new() { Data = ByteString.CopyFromUtf8(text) };
        if (isLast is { } last)
        {
            chunk.Last = last;
        }

        return Control(new UdfControlRequest { Payload = chunk });
    }

    internal static UdfRequest Data() => new() { Data = new DataRequest { Data = ByteString.CopyFromUtf8("batch") } };

    internal static UdfRequest Finish() => Control(new UdfControlRequest { Finish = new Finish() });

    internal static UdfRequest Cancel() => Control(new UdfControlRequest { Cancel = new Cancel() });

    internal static UdfRequest Empty() => new();

    internal static UdfRequest EmptyControl() => Control(new UdfControlRequest());

    private static UdfRequest Control(UdfControlRequest control) => new() { Control = control };
}

/// <summary>The worker's messages in their envelopes, for tests of executions.</summary>
internal static class Replies
{
    internal static UdfResponse Init(ExecutionError? error = null) =>
        Control(new UdfControlResponse { Init = error is null ? new InitResponse() : new InitResponse { Error = error } });

    internal static UdfResponse Data() => new() { Data = new DataResponse { Data = ByteString.CopyFromUtf8("batch") } };

    internal static UdfResponse Error(ExecutionError? error = null) =>
        Control(new UdfControlResponse { Error = error is null ? new ErrorResponse() : new ErrorResponse { Error = error } });

    internal static UdfResponse Finish(ExecutionError? error = null) =>
        Control(new UdfControlResponse { Finish = error is null ? new FinishResponse() : new FinishResponse { Error = error } });

    internal static UdfResponse Cancel(ExecutionError? error = null) =>
        Control(new UdfControlResponse { Cancel = error is null ? new CancelResponse() : new CancelResponse { Error = error } });

    internal static UdfResponse Empty() => new();

    internal static UdfResponse EmptyControl() => Control(new UdfControlResponse());

    private static UdfResponse Control(UdfControlResponse control) => new() { Control = control };
}
