namespace Udf.Worker.Direct.Internal;

/// <summary>The end of a process.</summary>
/// <param name="Exit">How it ended.</param>
/// <param name="Uptime">How long it ran.</param>
internal sealed record ProcessEnd(WorkerExit Exit, TimeSpan Uptime);
