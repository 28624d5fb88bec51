namespace Udf.Worker.Artifacts;

/// <summary>What an artifact is, which is decided by the directory that its path begins with.</summary>
public enum ArtifactKind
{
    /// <summary>In no directory that means anything: kept, and that is all.</summary>
    Other,

    /// <summary><c>assemblies/</c>: an assembly, its symbols, its satellites (<c>assemblies/de/X.resources.dll</c>) or a native library. Never replaced.</summary>
    Assembly,

    /// <summary><c>classes/</c>: an assembly that may be replaced by a newer one, as a script makes them.</summary>
    Class,

    /// <summary><c>files/</c>: any file. Never replaced.</summary>
    File,

    /// <summary><c>archives/</c>: a .zip, .tar, .tar.gz or .tgz, kept and unpacked beside itself. Never replaced.</summary>
    Archive,

    /// <summary><c>pyfiles/</c>: a file for Python workers. Never replaced.</summary>
    PythonFile,

    /// <summary><c>cache/</c>: bytes that stay in the engine's memory and are shared between clones.</summary>
    Cache,
}
