using Google.Protobuf;
using Google.Protobuf.Collections;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Transport.Internal;

/// <summary>What a session is initialised with, as messages. The payload is passed on as it is, not copied.</summary>
internal static class InitMessages
{
    /// <summary>The <c>Init</c> of an execution, with its payload inside or with the promise of chunks.</summary>
    internal static UdfRequest CreateInit(WorkerInit init, string executionId, bool isChunking)
    {
        ReadOnlyMemory<byte> content = init.Payload.Content;
        var udf = new UdfPayload { Format = init.Payload.Format };
        if (isChunking)
        {
            udf.PayloadSize = content.Length;
            udf.PayloadCrc32 = Crc32.Compute(content.Span);
        }
        else
        {
            udf.Payload = UnsafeByteOperations.UnsafeWrap(content);
        }

        if (init.Payload.Name is { } name)
        {
            udf.Name = name;
        }

        if (init.Payload.EvalType is { } evalType)
        {
            udf.EvalType = evalType;
        }

        var message = new Init
        {
            ProtocolVersion = ProtocolVersion.Highest,
            DataFormat = (UDFWorkerDataFormat)(init.DataFormat ?? WorkerDataFormat.Raw),
            Udf = udf,
        };
        if (isChunking)
        {
            message.IsChunkingPayload = true;
        }

        if (init.InputSchema is { } inputSchema)
        {
            message.InputSchema = UnsafeByteOperations.UnsafeWrap(inputSchema);
        }

        if (init.OutputSchema is { } outputSchema)
        {
            message.OutputSchema = UnsafeByteOperations.UnsafeWrap(outputSchema);
        }

        if (init.Parameters is { } parameters)
        {
            message.Parameters = UnsafeByteOperations.UnsafeWrap(parameters);
        }

        if (init.TimeZone is { } timeZone)
        {
            message.Timezone = timeZone;
        }

        Copy(init.TaskContext, message.TaskContext);
        message.TaskContext[ExecutionIdKey] = executionId;
        Copy(init.Configuration, message.SessionConf);
        Copy(init.EnvironmentVariables, message.EnvironmentVariables);
        Copy(init.ResourceDirectories, message.ResourceDirectories);
        return new UdfRequest { Control = new UdfControlRequest { Init = message } };
    }

    /// <summary>One chunk of a payload.</summary>
    internal static UdfRequest CreateChunk(ReadOnlyMemory<byte> data, bool isLast)
    {
        var chunk = new PayloadChunk { Data = UnsafeByteOperations.UnsafeWrap(data) };
        if (isLast)
        {
            chunk.Last = true;
        }

        return new UdfRequest { Control = new UdfControlRequest { Payload = chunk } };
    }

    private const string ExecutionIdKey = "udf.execution_id";

    private static void Copy(IReadOnlyDictionary<string, string> from, MapField<string, string> to)
    {
        foreach ((string key, string value) in from)
        {
            to[key] = value;
        }
    }
}
