using System.Diagnostics;
using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct;

/// <summary>
/// Starts plain processes of this machine. Each leads a session and a process group of its own where the system has <c>setsid</c>, so that it is ended with all that it has started,
/// and a signal to the group of this process (Ctrl+C) does not reach it. Its group is also ended when this process ends, in whatever way.
/// </summary>
public sealed class LocalProcessLauncher : IWorkerLauncher
{
    private LocalProcessLauncher()
    {
    }

    /// <summary>The launcher; it has no state.</summary>
    public static LocalProcessLauncher Instance { get; } = new();

    /// <inheritdoc/>
    public ValueTask<LaunchedProcess> LaunchAsync(WorkerLaunch launch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(launch);
        cancellationToken.ThrowIfCancellationRequested();
        if (launch.WorkingDirectory is { } directory && !Directory.Exists(directory))
        {
            throw new LaunchRefusedException($"Its working directory '{directory}' does not exist ({nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.WorkingDirectory)}). Create it, or name another one.");
        }

        LaunchChain chain = LaunchChain.For(launch);
        var start = new ProcessStartInfo(chain.Executable)
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = launch.WorkingDirectory ?? "",
        };
        foreach (string argument in chain.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        foreach ((string name, string value) in launch.EnvironmentVariables)
        {
            start.Environment[name] = value;
        }

        HostWarden.Instance.EnsureStarted();
        var process = new LocalProcess(start, chain.LeadsGroup);
        try
        {
            Detached.Invoke(process.Start);
            if (!launch.HoldsInputOpen)
            {
                process.CloseInput();
            }

            return new ValueTask<LaunchedProcess>(process);
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }
}
