using System.Security.Cryptography;
using System.Text;

namespace Udf.Worker.Transport.Uds.Internal;

/// <summary>
/// The private directory of one dispatcher, which holds the sockets of its workers. Made when the first address is asked for, with mode 0700, and removed with what is left in it.
/// Thread safe.
/// </summary>
/// <param name="configured">Below which directory; <see langword="null"/> to choose one.</param>
internal sealed class SocketDirectory(string? configured)
{
    /// <summary>What the kernel takes: <c>sun_path</c> has 108 bytes, the last of which is zero.</summary>
    internal const int MaxPathBytes = 107;

    private const string NamePrefix = "udf-worker-";
    private const int MaxNamesToTry = 16;

    private static readonly string[] Candidates = ["TMPDIR", "TEMP", "TMP"];

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private string? _path;
    private bool _closed;
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    /// <summary>The directory; <see langword="null"/> before the first address.</summary>
    internal string? Path
    {
        get
        {
            lock (_gate)
            {
                return _path;
            }
        }
    }

    /// <summary>Chooses the path of the socket of a worker. The worker creates it.</summary>
    /// <exception cref="WorkerStartException">The directory cannot be made, or the path would be too long for a socket.</exception>
    /// <exception cref="ObjectDisposedException">The directory has been removed.</exception>
    internal string Allocate(string workerId)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _path ??= Create();
            string leaf = "w-" + Leaf(workerId);
            for (int attempt = 0; attempt <= MaxNamesToTry; attempt++)
            {
                string path = System.IO.Path.Combine(_path, attempt == 0 ? $"{leaf}.sock" : $"{leaf}-{attempt}.sock");
                CheckLength(path);
                if (!File.Exists(path) && _given.Add(path))
                {
                    return path;
                }
            }

            throw new WorkerStartException($"No free socket name was found for worker '{workerId}' in {_path} after {MaxNamesToTry + 1} attempts: the directory holds sockets that nobody removes.");
        }
    }

    /// <summary>Removes the socket of a worker that has ended.</summary>
    internal void Release(string path)
    {
        lock (_gate)
        {
            _given.Remove(path);
        }

        File.Delete(path);
    }

    /// <summary>Removes the directory and what is left in it.</summary>
    internal void Close()
    {
        string? path;
        lock (_gate)
        {
            _closed = true;
            path = _path;
        }

        if (path is not null && Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private static string Leaf(string workerId)
    {
        string digits = workerId.Replace("-", "", StringComparison.Ordinal);
        return digits.Length <= 16 ? digits : digits[..16];
    }

    private static void CheckLength(string path)
    {
        int bytes = Encoding.UTF8.GetByteCount(path);
        if (bytes > MaxPathBytes)
        {
            throw new WorkerStartException(
                $"The path of a worker's socket would have {bytes} bytes, and a Unix domain socket takes at most {MaxPathBytes}: {path}. "
                + $"Set {nameof(UdsWorkerOptions)}.{nameof(UdsWorkerOptions.SocketDirectory)} (or TMPDIR) to a shorter directory.");
        }
    }

    private string Create()
    {
        string root = configured ?? ShortestUsable();
        string path = System.IO.Path.Combine(System.IO.Path.GetFullPath(root), NamePrefix + RandomNumberGenerator.GetHexString(12, lowercase: true));
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                if (!Directory.Exists(root))
                {
                    throw new DirectoryNotFoundException($"The directory {root} does not exist.");
                }

                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new WorkerStartException(
                $"The directory {path} for the workers' sockets could not be made: {exception.Message} "
                + $"Set {nameof(UdsWorkerOptions)}.{nameof(UdsWorkerOptions.SocketDirectory)} (or TMPDIR) to an existing directory in which this user may create directories.",
                innerException: exception);
        }

        return path;
    }

    private static string ShortestUsable() =>
        Candidates
            .Select(Environment.GetEnvironmentVariable)
            .Append(OperatingSystem.IsWindows() ? System.IO.Path.GetTempPath() : "/tmp")
            .Where(path => !string.IsNullOrEmpty(path) && Directory.Exists(path))
            .OrderBy(path => Encoding.UTF8.GetByteCount(path!))
            .FirstOrDefault(path => IsWritable(path!))
        ?? System.IO.Path.GetTempPath();

    private static bool IsWritable(string path)
    {
        // There is no call that says so: permissions, ownership and read-only mounts all have a word in it.
        try
        {
            string probe = System.IO.Path.Combine(path, NamePrefix + RandomNumberGenerator.GetHexString(12, lowercase: true));
            Directory.CreateDirectory(probe);
            Directory.Delete(probe);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
