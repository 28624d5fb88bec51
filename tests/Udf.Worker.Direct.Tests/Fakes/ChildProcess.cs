using System.Collections.Concurrent;
using System.Diagnostics;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>A process of a test's own: its lines can be waited for, and it is gone at the end of the test.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentQueue<(string Part, TaskCompletionSource Source)> _waiters = new();
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(string executable, string[] arguments)
    {
        _process = new Process { StartInfo = new ProcessStartInfo(executable, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true } };
        _process.OutputDataReceived += (_, e) => Take(e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
    }

    public int ProcessId => _process.Id;

    public static ChildProcess Start(string executable, params string[] arguments) => new(executable, arguments);

    /// <summary>Holds the lock of a file as any other program would, until it is killed.</summary>
    public static async Task<ChildProcess> HoldLockAsync(string path)
    {
        var holder = new ChildProcess("/bin/sh", ["-c", "exec 9>>\"$0\"; flock 9; echo held; read -r _", path]);
        await holder.WaitForLineAsync("held").DefaultTimeout();
        return holder;
    }

    /// <summary>A host of its own that prepares one environment.</summary>
    public static ChildProcess StartHost(string lockDirectory, string installation, params string[] verification) =>
        new("dotnet", [Path.Combine(AppContext.BaseDirectory, "Udf.Worker.EnvironmentHost.dll"), lockDirectory, installation, .. verification]);

    /// <summary>Waits for a line with this in it; at once if there was one.</summary>
    public Task WaitForLineAsync(string part)
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiters.Enqueue((part, source));
        if (_lines.Any(line => line.Contains(part, StringComparison.Ordinal)))
        {
            source.TrySetResult();
        }

        return source.Task;
    }

    /// <summary>Waits for the end, and for all lines.</summary>
    public async Task<string[]> WaitForEndAsync()
    {
        await _end.Task;
        await _process.WaitForExitAsync();
        return [.. _lines];
    }

    /// <summary>SIGKILL for it alone.</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            _end.TrySetResult();
            return;
        }

        _lines.Enqueue(line);
        foreach ((string part, TaskCompletionSource source) in _waiters)
        {
            if (line.Contains(part, StringComparison.Ordinal))
            {
                source.TrySetResult();
            }
        }
    }
}
