namespace Udf.Worker.Artifacts;

/// <summary>The name of an artifact is none that can be stored: it is absolute, leaves its directory, or means something else on another platform.</summary>
public sealed class ArtifactPathException : ArtifactException
{
    internal ArtifactPathException(string path, string problem)
        : base($"'{Printable(path)}' cannot be the name of an artifact: {problem}.", path)
    {
    }

    private static string Printable(string path) => string.Concat((path.Length > 200 ? path[..200] + "…" : path).Select(letter => char.IsControl(letter) ? '\uFFFD' : letter));
}
