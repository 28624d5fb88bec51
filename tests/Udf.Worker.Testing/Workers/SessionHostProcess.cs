using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Udf.Worker.Testing;

/// <summary>A host in a process of its own, with one session that is held in a state: <c>tests/Udf.Worker.TestHost</c>.</summary>
public sealed class SessionHostProcess : IDisposable
{
    private readonly Process _process;

    private SessionHostProcess(Process process, int workerProcessId)
    {
        _process = process;
        WorkerProcessId = workerProcessId;
    }

    public int WorkerProcessId { get; }

    /// <summary>Starts a host, and waits until its session is in the state.</summary>
    /// <param name="transport">The scheme of its transport, <c>uds</c> or <c>tcp</c>.</param>
    /// <param name="state">One of <see cref="SessionStates.Names"/>.</param>
    /// <param name="trace">Its mark goes to the host, and so to all that it starts.</param>
    public static async Task<SessionHostProcess> StartAsync(string transport, string state, WorkerTrace trace)
    {
        var start = new ProcessStartInfo("dotnet", [Path.GetFullPath(Program), "session", transport, state]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        trace.Mark(start.Environment);
        Process process = Process.Start(start)!;
        try
        {
            string? line = await process.StandardOutput.ReadLineAsync().DefaultTimeout();
            return new SessionHostProcess(process, int.Parse(line ?? "", CultureInfo.InvariantCulture));
        }
        catch
        {
            End(process);
            throw;
        }
    }

    /// <summary>SIGKILL, and waits until it is reaped.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().DefaultTimeout();
    }

    public void Dispose() => End(_process);

    private static string Program =>
        typeof(SessionHostProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "TestHost").Value!;

    private static void End(Process process)
    {
        process.Kill();
        process.Dispose();
    }
}
