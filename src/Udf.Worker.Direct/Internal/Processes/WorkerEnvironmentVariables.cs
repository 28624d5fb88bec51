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

    /// <summary>The id of the worker that a process is, or comes from: by it, what a worker leaves behind is found.</summary>
    public const string Id = "UDF_WORKER_ID";

    /// <summary>The mark of the engine that a process comes from (<see cref="HostMark"/>): by it, everything is found that an engine leaves behind.</summary>
    public const string Host = "UDF_WORKER_HOST";

    /// <summary>All that is between one engine and its workers, and that an engine which is itself a worker does not hand on.</summary>
    public static bool IsPrivate(string name) => name is Token or StandardInput or Id or Host;
}
