namespace Udf.Worker.Direct.Internal;

/// <summary>
/// Decides, from heartbeats that are answered and missed, whether the request loop of a worker is stuck. Pure, and not thread safe: its owner guards it.
/// </summary>
/// <param name="limit">How many misses in a row it takes.</param>
/// <param name="isIndependent">Whether the worker answers its manage connection whatever its functions do; if not, a miss says nothing while a session runs.</param>
internal sealed class HeartbeatTally(int limit, bool isIndependent)
{
    private int _sessions;
    private int _misses;
    private bool _isExcused;

    /// <summary>Whether a miss would count now.</summary>
    public bool Counts => isIndependent || _sessions == 0;

    /// <summary>A session begins on the worker.</summary>
    public void BeginSession() => _sessions++;

    /// <summary>A session has ended. After the last one on a worker whose misses did not count, the count starts anew: a heartbeat that waits for an answer now was held up by what has just ended.</summary>
    public void EndSession()
    {
        if (--_sessions == 0 && !isIndependent)
        {
            _misses = 0;
            _isExcused = true;
        }
    }

    /// <summary>The worker has answered.</summary>
    public void Answer()
    {
        _misses = 0;
        _isExcused = false;
    }

    /// <summary>A heartbeat has waited for a whole interval (more) without an answer.</summary>
    /// <returns>Whether that was one too many.</returns>
    public bool Miss()
    {
        if (!Counts)
        {
            return false;
        }

        if (_isExcused)
        {
            _isExcused = false;
            return false;
        }

        return ++_misses >= limit;
    }
}
