using System.ComponentModel;

namespace Udf.Worker.Direct.Tests;

/// <summary>Refuses the first starts with an error of the system, then starts as usual.</summary>
internal sealed class RefusingLauncher(int error, int refusals) : IWorkerLauncher
{
    private int _left = refusals;

    public ValueTask<LaunchedProcess> LaunchAsync(WorkerLaunch launch, CancellationToken cancellationToken) =>
        Interlocked.Decrement(ref _left) >= 0 ? throw new Win32Exception(error) : LocalProcessLauncher.Instance.LaunchAsync(launch, cancellationToken);
}
