using System.ComponentModel;
using System.Diagnostics;

namespace Udf.Worker.Direct.Internal;

/// <summary>Starts plain processes of this machine.</summary>
internal sealed class LocalProcessLauncher : IWorkerLauncher
{
    // Numbered as on Linux and macOS; what the runtime throws for a directory carries no number.
    private const int PermissionDenied = 13;

    public static LocalProcessLauncher Instance { get; } = new();

    public ValueTask<ILaunchedProcess> LaunchAsync(ProcessLaunch launch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Directory.Exists(launch.Executable) && Path.IsPathFullyQualified(launch.Executable))
        {
            throw new Win32Exception(PermissionDenied, "Is a directory");
        }

        var start = new ProcessStartInfo(launch.Executable)
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in launch.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // If this host is itself a worker, its own token and guard are not its children's.
        start.Environment.Remove(WorkerEnvironmentVariables.Token);
        start.Environment.Remove(WorkerEnvironmentVariables.StandardInput);
        foreach ((string name, string value) in launch.EnvironmentVariables)
        {
            start.Environment[name] = value;
        }

        var process = new LocalProcess(start);
        try
        {
            Detached.Invoke(process.Start);
            if (!launch.HoldInputOpen)
            {
                process.CloseInput();
            }

            return new ValueTask<ILaunchedProcess>(process);
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }
}
