namespace Udf.Worker.Direct.Internal;

/// <summary>
/// Which processes count as a worker: the one that was spawned, and what comes from it. A launcher or a script may stand between the spawned process and the one that serves.
/// </summary>
internal static class WorkerFamily
{
    // Far above any real depth; it ends the walk if numbers are given anew meanwhile.
    private const int LongestLineage = 64;

    /// <summary>Whether the processes of this machine can be looked at; if not, nothing is known of any.</summary>
    public static bool CanBeSeen => ProcFileSystem.LineageOf(System.Environment.ProcessId) is not null;

    /// <summary>
    /// Whether a process is the spawned one or its descendant; or, where a parent between them has ended, still a member of the session or group that the spawned process leads;
    /// or, where it has left these too, was given the worker's id in its environment, as everything is that a worker starts.
    /// </summary>
    /// <param name="processId">The process that is asked about.</param>
    /// <param name="spawnedId">The process that was spawned, which has not been reaped.</param>
    /// <param name="workerId">The id of the worker.</param>
    public static bool Contains(int processId, int spawnedId, string workerId)
    {
        if (processId == spawnedId)
        {
            return true;
        }

        if (ProcFileSystem.LineageOf(processId) is not { } lineage)
        {
            return false;
        }

        return lineage.Session == spawnedId
            || lineage.Group == spawnedId
            || Descends(lineage, spawnedId)
            || ProcFileSystem.IsMarked(processId, $"{WorkerEnvironmentVariables.Id}={workerId}");
    }

    private static bool Descends(ProcessLineage lineage, int ancestorId)
    {
        ProcessLineage? current = lineage;
        for (int depth = 0; depth < LongestLineage && current is { Parent: > 1 } known; depth++)
        {
            if (known.Parent == ancestorId)
            {
                return true;
            }

            current = ProcFileSystem.LineageOf(known.Parent);
        }

        return false;
    }
}
