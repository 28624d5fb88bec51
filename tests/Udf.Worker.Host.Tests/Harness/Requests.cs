using Google.Protobuf;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Host.Tests;

internal static class Requests
{
    internal static UdfRequest Init(string format, string payload = "", string id = "", bool isChunking = false, Action<Init>? change = null)
    {
        Init init = new()
        {
            ProtocolVersion = 1,
            DataFormat = UDFWorkerDataFormat.Raw,
            Udf = new UdfPayload { Format = format, Payload = ByteString.CopyFromUtf8(payload) },
        };
        if (id.Length > 0)
        {
            init.TaskContext["udf.execution_id"] = id;
        }

        if (isChunking)
        {
            init.IsChunkingPayload = true;
        }

        change?.Invoke(init);
        return new UdfRequest { Control = new UdfControlRequest { Init = init } };
    }

    internal static UdfRequest Chunk(string data, bool isLast = false)
    {
        PayloadChunk chunk = new() { Data = ByteString.CopyFromUtf8(data) };
        if (isLast)
        {
            chunk.Last = true;
        }

        return new UdfRequest { Control = new UdfControlRequest { Payload = chunk } };
    }

    internal static UdfRequest Data(string batch) => new() { Data = new DataRequest { Data = ByteString.CopyFromUtf8(batch) } };

    internal static UdfRequest Finish() => new() { Control = new UdfControlRequest { Finish = new Finish() } };

    internal static UdfRequest Cancel(string? reason = null)
    {
        Cancel cancel = new();
        if (reason is not null)
        {
            cancel.Reason = reason;
        }

        return new UdfRequest { Control = new UdfControlRequest { Cancel = cancel } };
    }

    internal static WorkerRequest Heartbeat() => new() { Heartbeat = new Heartbeat() };

    internal static WorkerRequest Shutdown(bool? cancelSessions = null, string? reason = null)
    {
        ShutdownRequest request = new();
        if (cancelSessions is { } cancels)
        {
            request.CancelSessions = cancels;
        }

        if (reason is not null)
        {
            request.Reason = reason;
        }

        return new WorkerRequest { Shutdown = request };
    }

    internal static WorkerRequest CancelExecution(string id, string? reason = null)
    {
        CancelExecutionRequest request = new() { ExecutionId = id };
        if (reason is not null)
        {
            request.Reason = reason;
        }

        return new WorkerRequest { CancelExecution = request };
    }
}
