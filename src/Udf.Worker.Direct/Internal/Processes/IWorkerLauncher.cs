using System.ComponentModel;

namespace Udf.Worker.Direct.Internal;

/// <summary>The seam at which processes are started: for workers and for the callables of their environment alike.</summary>
internal interface IWorkerLauncher
{
    /// <summary>Starts a process.</summary>
    /// <param name="launch">What to start.</param>
    /// <param name="cancellationToken">Ends the attempt; a process that is running when this method returns belongs to the caller.</param>
    /// <exception cref="Win32Exception">The system refused; the error code says why.</exception>
    ValueTask<ILaunchedProcess> LaunchAsync(ProcessLaunch launch, CancellationToken cancellationToken);
}
