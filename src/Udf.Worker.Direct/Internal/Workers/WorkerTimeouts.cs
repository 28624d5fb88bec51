namespace Udf.Worker.Direct.Internal;

/// <summary>The time limits of a worker's beginning and end.</summary>
/// <param name="Initialization">From its start until it is ready.</param>
/// <param name="GracefulTermination">From SIGTERM to SIGKILL.</param>
internal sealed record WorkerTimeouts(EffectiveTimeout Initialization, EffectiveTimeout GracefulTermination)
{
    /// <summary>The limits for a specification.</summary>
    public static WorkerTimeouts Of(WorkerProperties? properties, DirectWorkerSettings settings) => new(
        EffectiveTimeout.Of(
            properties?.InitializationTimeout,
            "direct.properties.initializationTimeoutMs",
            settings.InitializationTimeout,
            nameof(DirectWorkerOptions.InitializationTimeout),
            settings),
        EffectiveTimeout.Of(
            properties?.GracefulTerminationTimeout,
            "direct.properties.gracefulTerminationTimeoutMs",
            settings.GracefulTerminationTimeout,
            nameof(DirectWorkerOptions.GracefulTerminationTimeout),
            settings));
}
