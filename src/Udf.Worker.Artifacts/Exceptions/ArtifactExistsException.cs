namespace Udf.Worker.Artifacts;

/// <summary>The session has another artifact of this name, and it is not one that may be replaced. In a batch, <see cref="Others"/> has the further ones.</summary>
public sealed class ArtifactExistsException : ArtifactException
{
    internal ArtifactExistsException(string path, string problem, IReadOnlyList<ArtifactExistsException>? others = null)
        : base($"The session already has '{path}': {problem}", path)
    {
        Problem = problem;
        Others = others ?? [];
    }

    /// <summary>The same failure of other artifacts of the same batch, in its order; empty if there are none.</summary>
    public IReadOnlyList<ArtifactExistsException> Others { get; }

    private string Problem { get; }

    internal ArtifactExistsException With(IReadOnlyList<ArtifactExistsException> others) => new(Path, Problem, others);
}
