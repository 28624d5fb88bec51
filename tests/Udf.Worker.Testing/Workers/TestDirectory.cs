namespace Udf.Worker.Testing;

/// <summary>
/// A temporary directory for this process and all that it starts, so that whatever is left in it is ours. It is the whole process's: only for tests that run alone.
/// The .NET runtime's own sockets are switched off for what is started meanwhile: they stay behind when a process is killed.
/// </summary>
public sealed class TestDirectory : IDisposable
{
    private readonly EnvironmentChange[] _changes;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("p-");

    private TestDirectory()
    {
        _changes = [EnvironmentChange.Make("TMPDIR", _directory.FullName), EnvironmentChange.Make("DOTNET_EnableDiagnostics", "0")];
        Current = _directory.FullName;
    }

    /// <summary>The directory that is in use now, if one is.</summary>
    public static string? Current { get; private set; }

    public string FullName => _directory.FullName;

    public static TestDirectory Enter() => new();

    /// <summary>Goes back to the directory of before, and removes this one.</summary>
    public void Dispose()
    {
        Current = null;
        foreach (EnvironmentChange change in _changes)
        {
            change.Undo();
        }

        _directory.Delete(recursive: true);
    }

    private readonly record struct EnvironmentChange(string Name, string? Before)
    {
        public static EnvironmentChange Make(string name, string value)
        {
            var change = new EnvironmentChange(name, Environment.GetEnvironmentVariable(name));
            Environment.SetEnvironmentVariable(name, value);
            return change;
        }

        public void Undo() => Environment.SetEnvironmentVariable(Name, Before);
    }
}
