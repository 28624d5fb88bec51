using System.Globalization;

namespace IsolatedSessions.Engine;

/// <summary>What a worker holds: its managed memory after a collection, and the sessions whose code is loaded.</summary>
internal sealed record WorkerReport(long MemoryBytes, IReadOnlyList<string> Sessions)
{
    /// <summary>The memory on the first line, then a session on each.</summary>
    public static WorkerReport Parse(string text)
    {
        string[] lines = text.Split('\n');
        return new WorkerReport(long.Parse(lines[0], CultureInfo.InvariantCulture), lines[1..]);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{MemoryBytes / 1024.0 / 1024:N1} MiB, sessions: {Sessions.Count}");
}
