namespace IsolatedSessions.Engine;

/// <summary>What answered the executions of one session, on each worker.</summary>
internal sealed class Tally(string session)
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly SortedDictionary<(string WorkerId, string Version, string Origin), int> _answers = [];
    private int _wrong;

    public string Session { get; } = session;

    public int WrongCount
    {
        get
        {
            lock (_gate)
            {
                return _wrong;
            }
        }
    }

    /// <param name="workerId">Who answered.</param>
    /// <param name="version">Which version of the code, as it says itself.</param>
    /// <param name="origin">Where the assembly came from.</param>
    /// <param name="isRight">Whether the answer is that of the session's own version.</param>
    public void Add(string workerId, string version, string origin, bool isRight)
    {
        lock (_gate)
        {
            (string, string, string) key = (workerId, version, origin);
            _answers[key] = _answers.GetValueOrDefault(key) + 1;
            _wrong += isRight ? 0 : 1;
        }
    }

    public IReadOnlyList<(string WorkerId, string Version, string Origin, int Count)> Snapshot()
    {
        lock (_gate)
        {
            return [.. _answers.Select(answer => (answer.Key.WorkerId, answer.Key.Version, answer.Key.Origin, answer.Value))];
        }
    }
}
