using System.Buffers;
using System.Text;

namespace Udf.Worker.Artifacts;

/// <summary>
/// The name of an artifact: a relative path with <c>/</c>, the same on every platform, that cannot leave the directory it is put under. Whoever has one need not check again.
/// </summary>
/// <remarks>
/// What one platform would take and another would read differently is refused on all: drive letters, <c>..</c> and <c>.</c>, empty names, names of devices (<c>CON</c>, <c>NUL.txt</c>),
/// names that end with a dot or a space, the characters <c>&lt; &gt; : " | ? *</c>, and control characters. A name has at most 255 bytes, a path at most 1,024.
/// </remarks>
public sealed record ArtifactPath
{
    private const int MaximumNameBytes = 255;
    private const int MaximumPathBytes = 1024;

    private static readonly SearchValues<char> Forbidden = SearchValues.Create("<>:\"|?*");

    private static readonly HashSet<string> Devices = new(
        [
            "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
            .. "123456789\u00B9\u00B2\u00B3".SelectMany(digit => new[] { $"COM{digit}", $"LPT{digit}" }),
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly Dictionary<string, ArtifactKind> Kinds = new(StringComparer.OrdinalIgnoreCase)
    {
        ["assemblies"] = ArtifactKind.Assembly,
        ["classes"] = ArtifactKind.Class,
        ["files"] = ArtifactKind.File,
        ["archives"] = ArtifactKind.Archive,
        ["pyfiles"] = ArtifactKind.PythonFile,
        ["cache"] = ArtifactKind.Cache,
    };

    private ArtifactPath(string value, ArtifactKind kind)
    {
        Value = value;
        Kind = kind;
    }

    /// <summary>The path, with <c>/</c> between its names.</summary>
    public string Value { get; }

    /// <summary>What the artifact is.</summary>
    public ArtifactKind Kind { get; }

    /// <summary>The last name of the path.</summary>
    public string Name => Value[(Value.LastIndexOf('/') + 1)..];

    /// <summary>Checks a path; <c>\</c> is read as <c>/</c>.</summary>
    /// <param name="path">The path as it came.</param>
    /// <exception cref="ArtifactPathException">It cannot be the name of an artifact.</exception>
    public static ArtifactPath Parse(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string value = path.Replace('\\', '/');
        if (value.Length == 0)
        {
            throw new ArtifactPathException(path, "it is empty");
        }

        if (value[0] == '/' || (value.Length > 1 && value[1] == ':'))
        {
            throw new ArtifactPathException(path, "it is absolute; a path that is relative to the session's directory is needed");
        }

        if (Encoding.UTF8.GetByteCount(value) > MaximumPathBytes)
        {
            throw new ArtifactPathException(path, $"it has more than {MaximumPathBytes} bytes");
        }

        string[] names = value.Split('/');
        foreach (string name in names)
        {
            if (ProblemOf(name) is { } problem)
            {
                throw new ArtifactPathException(path, problem);
            }
        }

        return new ArtifactPath(value, KindOf(path, names));
    }

    /// <summary>Where the artifact is under a directory, with the separators of this platform.</summary>
    /// <param name="directory">The directory.</param>
    public string Under(string directory) => Path.Join(directory, Path.DirectorySeparatorChar == '/' ? Value : Value.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>The path.</summary>
    public override string ToString() => Value;

    internal static string? ProblemOf(string name)
    {
        if (name.Length == 0)
        {
            return "a name in it is empty";
        }

        if (name is "." or "..")
        {
            return $"'{name}' leaves the directory or stays where it is";
        }

        if (name.AsSpan().ContainsAny(Forbidden) || name.Any(char.IsControl))
        {
            return "it has a control character, or one of < > : \" | ? * , which not every platform takes";
        }

        if (name[^1] is '.' or ' ')
        {
            return $"'{name}' ends with a dot or a space, which Windows drops";
        }

        if (Encoding.UTF8.GetByteCount(name) > MaximumNameBytes)
        {
            return $"a name in it has more than {MaximumNameBytes} bytes";
        }

        if (!IsWellFormed(name))
        {
            return "it has half of a surrogate pair";
        }

        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return Devices.Contains((dot < 0 ? name : name[..dot]).TrimEnd(' ')) ? $"'{name}' is the name of a device on Windows" : null;
    }

    private static bool IsWellFormed(string name)
    {
        for (int index = 0; index < name.Length; index++)
        {
            if (char.IsSurrogate(name[index]) && (index + 1 == name.Length || !char.IsSurrogatePair(name[index], name[++index])))
            {
                return false;
            }
        }

        return true;
    }

    private static ArtifactKind KindOf(string path, string[] names)
    {
        if (!Kinds.TryGetValue(names[0], out ArtifactKind kind))
        {
            return ArtifactKind.Other;
        }

        // "Assemblies/" is another directory here and the same one elsewhere.
        if (names[0].Any(char.IsUpper))
        {
            throw new ArtifactPathException(path, $"the directory is called '{names[0].ToLowerInvariant()}'");
        }

        if (names.Length == 1)
        {
            throw new ArtifactPathException(path, "it is a directory of the session, and no file in it");
        }

        if (kind is ArtifactKind.Cache or ArtifactKind.Archive && names.Length != 2)
        {
            throw new ArtifactPathException(path, $"'{names[0]}/' has no directories in it");
        }

        return kind;
    }
}
