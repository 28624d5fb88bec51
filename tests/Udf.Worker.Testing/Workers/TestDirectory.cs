namespace Udf.Worker.Testing;

/// <summary>
/// A temporary directory for this process and all that it starts, so that whatever is left in it is ours. It is the whole process's: only for tests that run alone.
/// </summary>
public sealed class TestDirectory : IDisposable
{
    private const string Variable = "TMPDIR";

    private readonly string? _before = Environment.GetEnvironmentVariable(Variable);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("p-");

    private TestDirectory()
    {
        Environment.SetEnvironmentVariable(Variable, _directory.FullName);
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
        Environment.SetEnvironmentVariable(Variable, _before);
        _directory.Delete(recursive: true);
    }
}
