namespace Udf.Worker.Direct.Internal;

/// <summary>The process group that a process of ours leads, and its last members.</summary>
internal static class ProcessGroup
{
    /// <summary>Sends a signal to all of a group; its leader has not been reaped.</summary>
    /// <returns>Whether there was anybody to get it.</returns>
    public static bool TrySignal(int leader, int signal) =>
        // In its first moment the process has not made its group yet, and has started nobody: it alone is meant then.
        ProcessSignals.TrySend(-leader, signal) || ProcessSignals.TrySend(leader, signal);

    /// <summary>Kills what is left of a group whose leader has been reaped.</summary>
    /// <remarks>
    /// As long as the group has a member, the system gives its number to no new process. So if there is a process of that number now, the group was empty and the number is another's.
    /// </remarks>
    public static void KillLeftovers(int leader)
    {
        if (ProcessSignals.TrySend(-leader, ProcessSignals.None) && !Directory.Exists($"/proc/{leader}"))
        {
            ProcessSignals.TrySend(-leader, ProcessSignals.Kill);
        }
    }
}
