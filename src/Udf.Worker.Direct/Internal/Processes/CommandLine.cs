namespace Udf.Worker.Direct.Internal;

/// <summary>The command line of a callable, and where in the specification it stands.</summary>
internal sealed class CommandLine
{
    private readonly string _path;
    private readonly bool _isInCommand;

    /// <summary>Takes a callable apart.</summary>
    /// <param name="callable">The callable; command and arguments together have at least one entry.</param>
    /// <param name="path">Its path in the specification, such as <c>direct.runner</c>.</param>
    public CommandLine(ProcessCallable callable, string path)
    {
        _path = path;
        _isInCommand = !callable.Command.IsEmpty;
        string[] entries = [.. callable.Command, .. callable.Arguments];
        Executable = entries[0];
        Arguments = entries[1..];
        EnvironmentVariables = callable.EnvironmentVariables;
    }

    /// <summary>The first entry.</summary>
    public string Executable { get; }

    /// <summary>The others.</summary>
    public IReadOnlyList<string> Arguments { get; }

    /// <summary>Variables that are added to the inherited ones.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentVariables { get; }

    /// <summary>The place of the executable in the specification.</summary>
    public string ExecutablePath => $"{_path}.{(_isInCommand ? "command" : "arguments")}[0]";

    /// <summary>The command line for messages.</summary>
    public override string ToString() => string.Join(' ', Arguments.Prepend(Executable));
}
