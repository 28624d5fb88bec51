using Udf.Worker.Artifacts;

namespace Udf.Worker.Isolation.Internal;

/// <summary>Which files a session has on this machine: artifacts and where they are, found by what a loader asks for. Immutable.</summary>
internal sealed class SessionFiles
{
    internal static readonly SessionFiles None = new("", new Dictionary<ArtifactPath, (Artifact, string)>());

    private readonly IReadOnlyDictionary<ArtifactPath, (Artifact Artifact, string File)> _files;
    private readonly Dictionary<string, (Artifact Artifact, string File)> _byLookup = new(StringComparer.OrdinalIgnoreCase);

    private SessionFiles(string origin, IReadOnlyDictionary<ArtifactPath, (Artifact Artifact, string File)> files)
    {
        Origin = origin;
        _files = files;

        // What may be replaced comes before what may not, and what stands higher before what stands deeper.
        foreach ((ArtifactPath path, (Artifact, string) file) in files
            .OrderBy(file => file.Key.Kind == ArtifactKind.Class ? 0 : 1)
            .ThenBy(file => file.Key.Value.Count('/'))
            .ThenBy(file => file.Key.Value, StringComparer.Ordinal))
        {
            string[] names = path.Value.Split('/');
            _byLookup.TryAdd(names[^1], file);
            if (names.Length > 2)
            {
                _byLookup.TryAdd($"{names[^2]}/{names[^1]}", file);
            }

            // As packages have native libraries: runtimes/linux-x64/native/libx.so.
            if (names.Length > 3 && names[^2] == "native")
            {
                _byLookup.TryAdd($"{names[^3]}/{names[^1]}", file);
            }
        }
    }

    /// <summary>Where they came from, for messages.</summary>
    internal string Origin { get; }

    internal IEnumerable<ArtifactPath> Paths => _files.Keys;

    /// <summary>These files and more.</summary>
    /// <exception cref="InvalidOperationException">A path has other bytes than before.</exception>
    internal SessionFiles With(string origin, IEnumerable<(Artifact Artifact, string File)> more)
    {
        Dictionary<ArtifactPath, (Artifact, string)> files = new(_files);
        foreach ((Artifact artifact, string file) in more)
        {
            if (_files.TryGetValue(artifact.Path, out (Artifact Artifact, string File) before) && before.Artifact.Hash != artifact.Hash)
            {
                throw new InvalidOperationException($"The artifact '{artifact.Path}' has changed since this worker loaded the session: only what is in 'classes/' may change.");
            }

            files[artifact.Path] = (artifact, file);
        }

        return new SessionFiles(origin, files);
    }

    /// <summary>An assembly, or the satellite of one for a culture.</summary>
    internal (Artifact Artifact, string File)? FindAssembly(string name, string? culture) =>
        Find(string.IsNullOrEmpty(culture) ? $"{name}.dll" : $"{culture}/{name}.dll");

    /// <summary>The symbols of an assembly, which stand beside it.</summary>
    internal (Artifact Artifact, string File)? FindSymbols(ArtifactPath assembly)
    {
        string wanted = Path.ChangeExtension(assembly.Value, ".pdb");
        foreach ((ArtifactPath path, (Artifact, string) file) in _files)
        {
            if (string.Equals(path.Value, wanted, StringComparison.OrdinalIgnoreCase))
            {
                return file;
            }
        }

        return null;
    }

    internal (Artifact Artifact, string File)? Find(string lookup) => _byLookup.TryGetValue(lookup, out (Artifact, string) file) ? file : null;
}
