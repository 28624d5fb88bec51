using System.Text;
using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Transport.Uds.Internal;

/// <summary>Where a directory for sockets may be made if none is configured.</summary>
internal static class SocketRoots
{
    private static readonly string[] TemporaryVariables = ["TMPDIR", "TEMP", "TMP"];

    /// <summary>
    /// The directories in the order in which they are tried: the temporary ones, the shortest first, because a socket's path has little room; then those that hold what lives no longer than a login or the machine.
    /// </summary>
    /// <param name="variable">Reads an environment variable.</param>
    internal static IReadOnlyList<string> Find(Func<string, string?> variable)
    {
        IEnumerable<string?> temporary = TemporaryVariables.Select(variable).Append(OperatingSystem.IsWindows() ? Path.GetTempPath() : "/tmp");
        IEnumerable<string?> further = OperatingSystem.IsWindows() ? [] : [variable("XDG_RUNTIME_DIR"), $"/run/user/{UnixFiles.UserId}", "/dev/shm"];
        return [.. Usable(temporary).OrderBy(Encoding.UTF8.GetByteCount), .. Usable(further)];
    }

    private static IEnumerable<string> Usable(IEnumerable<string?> paths) => paths.OfType<string>().Where(Path.IsPathFullyQualified).Distinct(StringComparer.Ordinal);
}
