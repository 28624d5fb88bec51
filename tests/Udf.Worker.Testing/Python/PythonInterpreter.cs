namespace Udf.Worker.Testing;

/// <summary>The Python of this machine, if it has one.</summary>
public static class PythonInterpreter
{
    /// <summary>The path of <c>python3</c>; <see langword="null"/> where there is none.</summary>
    public static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(directory => System.IO.Path.Combine(directory, "python3"))
        .FirstOrDefault(File.Exists);

    /// <summary>Why tests with Python are skipped; <see langword="null"/> where they run.</summary>
    public static string? SkipReason => Path is null ? "There is no python3 in PATH. Install it to run the tests with the Python worker." : null;
}
