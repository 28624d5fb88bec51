namespace Udf.Worker.Direct.Internal;

/// <summary>Everything that a launcher needs to start one process. Nothing in it passes through a shell.</summary>
/// <param name="Executable">A path, or a name that is looked up in the search path.</param>
/// <param name="Arguments">The arguments, each as it is.</param>
/// <param name="EnvironmentVariables">Variables that are added to the inherited ones or replace them. May hold secrets: never printed.</param>
/// <param name="HoldInputOpen">Whether the process's standard input stays open until it is closed by this side; otherwise it is at its end from the beginning.</param>
internal sealed record ProcessLaunch(
    string Executable,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> EnvironmentVariables,
    bool HoldInputOpen);
