using System.Security.Cryptography;
using System.Text;
using Udf.Worker.Artifacts;

namespace Udf.Worker.Isolation.Internal;

/// <summary>
/// Reads what travels in <c>udf.artifacts</c>, once for each text: executions of a session come with the same one again and again. Keeps the last of each session, at most so many; then it begins anew.
/// </summary>
/// <param name="maximumCount">How many; more than there are sessions, or it would begin anew all the time.</param>
/// <remarks>Thread safe.</remarks>
internal sealed class ArtifactSetReader(int maximumCount)
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<string, Entry> _last = new(StringComparer.Ordinal);

    /// <returns>The set, the same instance for the same text; and the key of the session's state: another one when something in <c>classes/</c> has changed, because loaded code cannot be replaced.</returns>
    /// <exception cref="FormatException">It is no set, or of another session.</exception>
    internal (ArtifactSet Set, string Key) Read(string sessionId, string text)
    {
        lock (_gate)
        {
            if (_last.TryGetValue(sessionId, out Entry? known) && known.Text == text)
            {
                return (known.Set, known.Key);
            }
        }

        var set = ArtifactSet.FromText(text);
        if (set.SessionId != sessionId)
        {
            throw new FormatException($"The execution belongs to the session '{sessionId}', and its artifacts to '{set.SessionId}'.");
        }

        Entry entry = new(text, set, KeyOf(set));
        lock (_gate)
        {
            if (_last.Count >= maximumCount)
            {
                _last.Clear();
            }

            _last[sessionId] = entry;
        }

        return (entry.Set, entry.Key);
    }

    private static string KeyOf(ArtifactSet set)
    {
        StringBuilder classes = new();
        foreach (Artifact artifact in set.Assemblies.Where(artifact => artifact.Path.Kind == ArtifactKind.Class))
        {
            classes.Append(artifact.Path).Append('\n').Append(artifact.Hash).Append('\n');
        }

        return classes.Length == 0 ? set.SessionId : $"{set.SessionId} with classes {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(classes.ToString())), 0, 8)}";
    }

    private sealed record Entry(string Text, ArtifactSet Set, string Key);
}
