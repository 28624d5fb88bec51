namespace Udf.Worker.EnvironmentHost;

/// <summary>The environment is ready, and a worker is not wanted.</summary>
internal sealed class PreparedException : Exception;
