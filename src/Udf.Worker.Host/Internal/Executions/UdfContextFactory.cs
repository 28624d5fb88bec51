using System.Collections.ObjectModel;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Microsoft.Extensions.Logging;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Host.Internal;

/// <summary>Makes of an <c>Init</c> what its function sees. Nothing is copied but a payload that came in chunks.</summary>
internal static class UdfContextFactory
{
    internal const string ExecutionIdKey = "udf.execution_id";

    internal static string ExecutionIdOf(Init init) => init.TaskContext.TryGetValue(ExecutionIdKey, out string? id) ? id : "";

    internal static UdfContext Create(Init init, AssembledPayload payload, ILoggerFactory loggers, CancellationToken cancellationToken) => new()
    {
        Payload = new WorkerPayload(init.Udf.Format, payload.ToMemory())
        {
            Name = init.Udf.HasName ? init.Udf.Name : null,
            EvalType = init.Udf.HasEvalType ? init.Udf.EvalType : null,
        },
        ExecutionId = ExecutionIdOf(init),
        DataFormat = (WorkerDataFormat)init.DataFormat,
        TaskContext = ReadOnly(init.TaskContext),
        Configuration = ReadOnly(init.SessionConf),
        EnvironmentVariables = ReadOnly(init.EnvironmentVariables),
        ResourceDirectories = ReadOnly(init.ResourceDirectories),
        TimeZone = init.HasTimezone ? init.Timezone : null,
        InputSchema = init.HasInputSchema ? Bytes(init.InputSchema) : null,
        OutputSchema = init.HasOutputSchema ? Bytes(init.OutputSchema) : null,
        Parameters = init.HasParameters ? Bytes(init.Parameters) : null,
        CancellationToken = cancellationToken,
        Logger = loggers.CreateLogger($"Udf.Worker.Function.{init.Udf.Format}"),
    };

    private static ReadOnlyMemory<byte>? Bytes(ByteString bytes) => bytes.Memory;

    private static ReadOnlyDictionary<string, string> ReadOnly(MapField<string, string> map) =>
        map.Count == 0 ? ReadOnlyDictionary<string, string>.Empty : new ReadOnlyDictionary<string, string>(map);
}
