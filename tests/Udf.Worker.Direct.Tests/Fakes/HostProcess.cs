using System.Diagnostics;
using Udf.Worker.Direct.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>A host program in a process of its own, for tests that end it: <c>tests/Udf.Worker.TestHost</c>.</summary>
internal sealed class HostProcess : IDisposable
{
    public const int SigKill = 9;
    public const int SigTerm = 15;

    private readonly Process _process;

    private HostProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Starts a host, in a process group of its own, and waits until its workers have been started.</summary>
    public static async Task<HostProcess> StartAsync(int workers, string script, string cleanup = "true", string? mode = null)
    {
        // What was started in the background of a script ignores SIGINT, and so does all that it starts: the host is to have the signals as from a terminal.
        var start = new ProcessStartInfo("setsid", ["env", "--default-signal=HUP,INT,QUIT", System.Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? System.Environment.ProcessPath : "dotnet", Path.Combine(AppContext.BaseDirectory, "Udf.Worker.TestHost.dll"), $"{workers}", script, cleanup])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (mode is not null)
        {
            start.Environment[mode] = "1";
        }

        var host = new HostProcess(Process.Start(start)!);
        try
        {
            Assert.Equal("ready", await host._process.StandardOutput.ReadLineAsync().DefaultTimeout());
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Waits until so many processes carry the host's mark.</summary>
    public async Task<int[]> WaitForProcessesAsync(int count)
    {
        while (true)
        {
            int[] found = ProcessProbe.OfHost(Id);
            if (found.Length >= count)
            {
                return found;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    public void Signal(int signal) => Signal(Id, signal);

    public void SignalGroup(int signal) => Signal(-Id, signal);

    public static void Signal(int processId, int signal) => Assert.True(ProcessSignals.TrySend(processId, signal));

    /// <summary>Has the host return from its Main.</summary>
    public void Return(int exitCode)
    {
        _process.StandardInput.WriteLine(exitCode);
        _process.StandardInput.Flush();
    }

    public Task<string?> ReadLineAsync() => _process.StandardOutput.ReadLineAsync();

    public async Task<int> WaitForExitAsync()
    {
        await _process.WaitForExitAsync().DefaultTimeout();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }
}
