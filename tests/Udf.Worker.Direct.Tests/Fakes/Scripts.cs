namespace Udf.Worker.Direct.Tests;

/// <summary>Workers as shell scripts. The address that a script is given stands in <c>$4</c>, the id in <c>$2</c>.</summary>
internal static class Scripts
{
    /// <summary>Ready at once; ends when its standard input does, or by SIGTERM.</summary>
    public const string WellBehaved = "touch \"$4\"; read -r _";

    /// <summary>Ready at once; ends only by SIGKILL.</summary>
    public const string IgnoresTermination = "trap '' TERM; touch \"$4\"; exec sleep 300";

    /// <summary>Lives and is never ready.</summary>
    public const string NeverReady = "echo still thinking; exec sleep 300";

    public static WorkerSpecification Worker(string script = WellBehaved) =>
        WorkerSpecification.ForCommand("/bin/sh", "-c", script, "worker").OverCustom(FakeDispatcher.TransportName);

    public static ProcessCallable Callable(string script) => ProcessCallable.Create("/bin/sh", "-c", script);
}
