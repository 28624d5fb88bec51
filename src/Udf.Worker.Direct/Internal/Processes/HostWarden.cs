using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// One small process beside this one that outlives it by a moment: its standard input is a pipe from here, which ends when this process does, in whatever way; then it kills every process group that it
/// was told of, and everything that carries this host's mark. Started with the first process, in a session of its own; idle, it waits in one read. Started again if it dies.
/// </summary>
/// <remarks>Thread safe. Nothing here waits for the warden: what is to be told is written in the background.</remarks>
internal sealed class HostWarden
{
    private const string Shell = "/bin/sh";

    // One that dies again and again is not brought back before the next process is started.
    private const int MaximumQuickDeaths = 3;
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<int, string> _groups = [];
    private Process? _process;
    private ChannelWriter<string>? _lines;
    private long _started;
    private int _quickDeaths;

    private HostWarden()
    {
    }

    /// <summary>The warden of this process.</summary>
    public static HostWarden Instance { get; } = new();

    /// <summary>Its process id; <see langword="null"/> while it does not run.</summary>
    public int? ProcessId
    {
        get
        {
            lock (_gate)
            {
                return _process?.Id;
            }
        }
    }

    /// <summary>Whether it watches a group.</summary>
    public bool Watches(int processId)
    {
        lock (_gate)
        {
            return _groups.ContainsKey(processId);
        }
    }

    /// <summary>Starts it, if it does not run. Called before a process is started, so that there is no moment in which nobody watches.</summary>
    public void EnsureStarted()
    {
        lock (_gate)
        {
            if (_process is null && !OperatingSystem.IsWindows())
            {
                _quickDeaths = 0;
                StartUnsynchronized();
            }
        }
    }

    /// <summary>Has a process, and the group that it leads or will lead, ended when this process ends.</summary>
    public void Add(int processId)
    {
        // Not there if it has ended and been reaped: its group is watched all the same, under a start time that no other process has.
        string line = string.Create(CultureInfo.InvariantCulture, $"add {processId} {ProcFileSystem.StartTime(processId) ?? "0"}\n");
        lock (_gate)
        {
            _groups[processId] = line;
            _lines?.TryWrite(line);
        }
    }

    /// <summary>Forgets a process that has been reaped: its number may be another's from now on.</summary>
    public void Remove(int processId)
    {
        lock (_gate)
        {
            if (_groups.Remove(processId))
            {
                _lines?.TryWrite(string.Create(CultureInfo.InvariantCulture, $"remove {processId}\n"));
            }
        }
    }

    /// <summary>Kills all groups from here: for the end of this process, when there is no more time to ask.</summary>
    public void KillAll()
    {
        int[] groups;
        lock (_gate)
        {
            groups = [.. _groups.Keys];
        }

        foreach (int group in groups)
        {
            ProcessGroup.TrySignal(group, ProcessSignals.Kill);
        }
    }

    private static ProcessStartInfo Describe()
    {
        string? setsid = LaunchChain.SetsidPath;
        var start = new ProcessStartInfo(setsid ?? Shell)
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,

            // It must not keep a file system busy.
            WorkingDirectory = "/",
        };
        foreach (string argument in (string[])[.. setsid is null ? [] : new[] { Shell }, "-c", WardenScript.Text, "udf-worker-warden", HostMark.Value])
        {
            start.ArgumentList.Add(argument);
        }

        // Nothing of this host's environment, least of all the marks of a host above it, by which that one's warden would find this one and end it before it has done its work.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin";
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    private void StartUnsynchronized()
    {
        var process = new Process { StartInfo = Describe(), EnableRaisingEvents = true };
        process.Exited += OnExited;
        try
        {
            Detached.Invoke(process.Start);
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            process.Dispose();
            LaunchNotices.SayOnce($"The warden, which ends workers when this host is killed, could not be started: {exception.Message}. Workers that do not watch their standard input will outlive a host that is killed.");
            return;
        }

        // It writes nothing; it closes its ends itself.
        process.StandardOutput.Dispose();
        process.StandardError.Dispose();
        Channel<string> lines = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
        foreach (string line in _groups.Values)
        {
            lines.Writer.TryWrite(line);
        }

        _process = process;
        _lines = lines.Writer;
        _started = TimeProvider.System.GetTimestamp();

        // Taken here: the process may be gone, and disposed, before the other thread begins.
        Stream pipe = process.StandardInput.BaseStream;
        _ = Detached.Run(() => WriteAsync(lines.Reader, pipe));
    }

    // Ends with the warden: its end closes the channel, and a pipe without a reader fails.
    private static async Task WriteAsync(ChannelReader<string> lines, Stream pipe)
    {
        try
        {
            while (await lines.WaitToReadAsync().ConfigureAwait(false))
            {
                while (lines.TryRead(out string? line))
                {
                    await pipe.WriteAsync(System.Text.Encoding.ASCII.GetBytes(line)).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // It has died. Its successor is told everything.
        }
        finally
        {
            // A stream that was handed out is not the process's to close. What is not yet written is for nobody.
            await pipe.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void OnExited(object? sender, EventArgs e)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(sender, _process))
            {
                return;
            }

            _lines?.TryComplete();
            _process?.Dispose();
            _process = null;
            _lines = null;
            _quickDeaths = TimeProvider.System.GetElapsedTime(_started) < Quick ? _quickDeaths + 1 : 0;
            if (_groups.Count > 0 && _quickDeaths < MaximumQuickDeaths)
            {
                StartUnsynchronized();
            }
            else if (_quickDeaths >= MaximumQuickDeaths)
            {
                LaunchNotices.SayOnce($"The warden, which ends workers when this host is killed, has died {MaximumQuickDeaths} times in a row. It is started again with the next worker.");
            }
        }
    }
}
