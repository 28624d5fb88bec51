using System.ComponentModel;

namespace Udf.Worker.Direct;

/// <summary>
/// The seam at which processes are started, for workers and for the callables of their environment alike. Replace it (<see cref="DirectWorkerOptions.Launcher"/>, or a service of this type) to start them
/// in a container, under another user or with other limits; most launchers change the description (<c>launch with { … }</c>) and hand it on to <see cref="LocalProcessLauncher.Instance"/>.
/// </summary>
/// <remarks>Implementations may assume nothing of the thread: many launches run at a time.</remarks>
public interface IWorkerLauncher
{
    /// <summary>Starts a process.</summary>
    /// <param name="launch">All that is to be known of it.</param>
    /// <param name="cancellationToken">Ends the attempt. Nothing may be left running when this method throws.</param>
    /// <returns>The process, which runs. The caller ends and disposes it.</returns>
    /// <exception cref="Win32Exception">The system refused; the error code says why, and becomes a <see cref="WorkerStartException"/> that says it in words.</exception>
    /// <remarks>Anything else that is thrown, but for an <see cref="OperationCanceledException"/>, becomes the cause of a <see cref="WorkerStartException"/>.</remarks>
    ValueTask<LaunchedProcess> LaunchAsync(WorkerLaunch launch, CancellationToken cancellationToken);
}
