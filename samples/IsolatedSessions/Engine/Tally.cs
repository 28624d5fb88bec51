using System.Collections.Concurrent;

namespace IsolatedSessions.Engine;

/// <summary>What answered the executions of one session.</summary>
internal sealed class Tally(string session, string expected)
{
    private int _wrong;

    public string Session { get; } = session;

    public string Expected { get; } = expected;

    public ConcurrentDictionary<string, int> Versions { get; } = new();

    /// <summary>The load contexts that the code ran in.</summary>
    public ConcurrentDictionary<string, bool> Origins { get; } = new();

    public int WrongCount => _wrong;

    public void Add(string version, string origin, bool isRight)
    {
        Versions.AddOrUpdate(version, 1, (_, count) => count + 1);
        Origins[origin] = true;
        if (!isRight)
        {
            Interlocked.Increment(ref _wrong);
        }
    }
}
