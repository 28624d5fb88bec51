using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Udf.Worker.Transport.Uds.Internal;

/// <summary>
/// The private directory of one dispatcher, which holds the sockets of its workers. Made when the first address is asked for, and again when somebody else has removed it; removed with what is left in it. Thread safe.
/// </summary>
/// <param name="configured">Below which directory; <see langword="null"/> to choose one.</param>
/// <param name="logger">Where it is said what was found; <see langword="null"/> for nowhere.</param>
/// <param name="roots">What there is to choose from; <see langword="null"/> for <see cref="SocketRoots"/>.</param>
internal sealed partial class SocketDirectory(string? configured, ILogger? logger = null, IReadOnlyList<string>? roots = null) : ISocketAddresses
{
    private const int MaxNamesToTry = 16;

    private readonly ILogger _logger = logger ?? NullLogger.Instance;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private PrivateDirectory? _directory;
    private bool _closed;
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    /// <summary>What the kernel takes, in bytes of UTF-8: on Linux and Windows <c>sun_path</c> has 108 bytes, elsewhere 104, the last of which is zero.</summary>
    internal static int MaxPathBytes => OperatingSystem.IsLinux() || OperatingSystem.IsWindows() ? 107 : 103;

    /// <summary>The directory; <see langword="null"/> before the first address.</summary>
    internal string? Path
    {
        get
        {
            lock (_gate)
            {
                return _directory?.Path;
            }
        }
    }

    /// <summary>Chooses the path of the socket of a worker. The worker creates it.</summary>
    /// <exception cref="WorkerStartException">The directory cannot be made or is not to be trusted, or the path would be too long for a socket.</exception>
    /// <exception cref="ObjectDisposedException">The directory has been removed.</exception>
    public string Allocate(string workerId)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            string leaf = "w-" + Leaf(workerId);
            if (_directory is { IsIntact: false } gone)
            {
                // What cleans temporary directories up takes one that was not written to for days; then its name, which all could see, is anybody's.
                Log.Removed(_logger, gone.Path);
                gone.Abandon();
                _directory = null;
            }

            PrivateDirectory directory = _directory ??= configured is null ? Choose(leaf) : MakeConfigured(leaf);
            for (int attempt = 0; attempt <= MaxNamesToTry; attempt++)
            {
                string path = System.IO.Path.Combine(directory.Path, attempt == 0 ? $"{leaf}.sock" : $"{leaf}-{attempt}.sock");
                if (FindTooLong(path) is { } problem)
                {
                    throw new WorkerStartException($"{problem} {SetTo("a shorter directory")}");
                }

                if (!File.Exists(path) && _given.Add(path))
                {
                    return path;
                }
            }

            throw new WorkerStartException($"No free socket name was found for worker '{workerId}' in {directory.Path} after {MaxNamesToTry + 1} attempts: the directory holds sockets that nobody removes.");
        }
    }

    /// <summary>Removes the socket of a worker that has ended.</summary>
    public void Release(string address)
    {
        lock (_gate)
        {
            _given.Remove(address);
        }

        try
        {
            File.Delete(address);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody else has removed the directory, and the socket with it.
        }
    }

    /// <summary>Removes the directory and what is left in it.</summary>
    public void Close()
    {
        PrivateDirectory? directory;
        lock (_gate)
        {
            _closed = true;
            directory = _directory;
        }

        directory?.Dispose();
    }

    private static string Leaf(string workerId)
    {
        string digits = workerId.Replace("-", "", StringComparison.Ordinal);
        return digits.Length <= 16 ? digits : digits[..16];
    }

    private static string SetTo(string what) => $"Set {nameof(UdsWorkerOptions)}.{nameof(UdsWorkerOptions.SocketDirectory)} (or TMPDIR) to {what}.";

    private static string? FindTooLong(string path)
    {
        int bytes = Encoding.UTF8.GetByteCount(path);
        return bytes <= MaxPathBytes
            ? null
            : $"The path of a worker's socket would have {bytes} bytes, and a Unix domain socket takes at most {MaxPathBytes}: {path}.";
    }

    private PrivateDirectory MakeConfigured(string leaf)
    {
        string? problem = TryMake(configured!, leaf, out PrivateDirectory? made);
        return made ?? throw new WorkerStartException(
            $"The directory for the workers' sockets cannot be used. {problem} {SetTo("an existing, short directory in which this user may create directories, on a file system of this machine that keeps owners and modes")}");
    }

    private PrivateDirectory Choose(string leaf)
    {
        List<string> problems = [];
        foreach (string root in roots ?? SocketRoots.Find(Environment.GetEnvironmentVariable))
        {
            string? problem = TryMake(root, leaf, out PrivateDirectory? made);
            if (made is not null)
            {
                return made;
            }

            problems.Add(problem!);
        }

        throw new WorkerStartException(
            $"There is no directory that the workers' sockets can be made in. {string.Join(' ', problems)} {SetTo("an existing, short directory in which this user may create directories")}");
    }

    private string? TryMake(string root, string leaf, out PrivateDirectory? made)
    {
        made = null;
        root = System.IO.Path.GetFullPath(root);
        string example = System.IO.Path.Combine(root, PrivateDirectory.NamePrefix + new string('x', PrivateDirectory.RandomDigits), leaf + ".sock");
        if (FindTooLong(example) is { } tooLong)
        {
            return tooLong;
        }

        StaleDirectories.Remove(root, _logger);
        return PrivateDirectory.TryMake(root, out made);
    }

    private static partial class Log
    {
        [LoggerMessage(205, LogLevel.Warning, "The directory {Path} for workers' sockets has been removed or replaced by somebody else; another one is made.", EventName = "SocketDirectoryRemoved")]
        public static partial void Removed(ILogger logger, string path);
    }
}
