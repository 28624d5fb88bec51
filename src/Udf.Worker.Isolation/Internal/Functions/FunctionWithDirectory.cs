using Udf.Worker.Artifacts;
using Udf.Worker.Host;

namespace Udf.Worker.Isolation.Internal;

/// <summary>A function of a session that has files: it is told where they are, and is otherwise the function itself.</summary>
internal sealed class FunctionWithDirectory(UdfFunction function, string directory) : UdfFunction
{
    public override ValueTask<ReadOnlyMemory<byte>?> InitAsync(UdfContext context) => function.InitAsync(WithDirectory(context, directory));

    public override ValueTask StartAsync(UdfOutput output) => function.StartAsync(output);

    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output) => function.ProcessAsync(batch, output);

    public override ValueTask<ReadOnlyMemory<byte>?> FinishAsync(UdfOutput output) => function.FinishAsync(output);

    public override ValueTask CancelAsync(string? reason) => function.CancelAsync(reason);

    public override async ValueTask DisposeAsync()
    {
        await function.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The same circumstances with one directory more.</summary>
    internal static UdfContext WithDirectory(UdfContext context, string directory) => new()
    {
        Payload = context.Payload,
        ExecutionId = context.ExecutionId,
        DataFormat = context.DataFormat,
        TaskContext = context.TaskContext,
        Configuration = context.Configuration,
        EnvironmentVariables = context.EnvironmentVariables,
        ResourceDirectories = new Dictionary<string, string>(context.ResourceDirectories) { [ArtifactInitExtensions.SessionKey] = directory },
        TimeZone = context.TimeZone,
        InputSchema = context.InputSchema,
        OutputSchema = context.OutputSchema,
        Parameters = context.Parameters,
        CancellationToken = context.CancellationToken,
        Logger = context.Logger,
    };
}
