namespace Udf.Worker;

/// <summary>How a process is started: a command line and additions to its environment. Nothing in it passes through a shell.</summary>
public sealed record ProcessCallable
{
    /// <summary>The executable, looked up as the system does it, and what belongs to it (<c>["python3", "-u"]</c>).</summary>
    public ValueList<string> Command { get; init; } = [];

    /// <summary>What follows the command, each entry one argument as it is. Together with <see cref="Command"/> there must be at least one entry.</summary>
    public ValueList<string> Arguments { get; init; } = [];

    /// <summary>Variables that are added to the inherited environment or replace one there.</summary>
    public ValueMap<string, string> EnvironmentVariables { get; init; } = [];

    /// <summary>Describes an executable with its arguments.</summary>
    /// <param name="command">The executable: a path, or a name that is looked up in the search path.</param>
    /// <param name="arguments">Its arguments, each as it is.</param>
    /// <returns>The callable, without environment variables.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="command"/> is null.</exception>
    /// <exception cref="ArgumentException">An argument is null.</exception>
    public static ProcessCallable Create(string command, params ReadOnlySpan<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(command);
        return new ProcessCallable { Command = [command], Arguments = ValueList.Create(arguments) };
    }
}
