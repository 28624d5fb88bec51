namespace Udf.Worker.Direct.Internal;

/// <summary>The environment variables by which an engine speaks to the worker that it starts.</summary>
internal static class WorkerEnvironmentVariables
{
    /// <summary>The token that engine and worker prove to each other, as 64 hex digits.</summary>
    public const string Token = "UDF_WORKER_TOKEN";

    /// <summary>Says that the engine holds the standard input open: its end is the end of the engine.</summary>
    public const string StandardInput = "UDF_WORKER_STDIN";

    /// <summary>The value of <see cref="StandardInput"/>.</summary>
    public const string HeldByEngine = "engine";
}
