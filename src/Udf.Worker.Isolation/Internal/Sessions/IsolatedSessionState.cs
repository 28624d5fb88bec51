namespace Udf.Worker.Isolation.Internal;

/// <summary>
/// The life of one isolated session as pure code: who uses it, whether the cache still wants it, and the one moment at which its clean-up is due.
/// </summary>
/// <remarks>
/// Clean-up is due when nobody uses a session that is evicted, whichever comes last: the eviction or the last release. The call that brings both together returns
/// <see langword="true"/>, and its caller cleans up; that happens once in a life. Until then an eviction can be taken back, but only by somebody who puts the session
/// back into the cache: a session that is not evicted is always in it, or nothing would ever evict it again.
/// Not thread safe: it is used under the lock of its cache. A value, so that a model checker can copy it.
/// </remarks>
internal record struct IsolatedSessionState
{
    /// <summary>How many executions use the session.</summary>
    internal int UserCount { get; private set; }

    /// <summary>Whether the cache has given the session up.</summary>
    internal bool IsEvicted { get; private set; }

    internal IsolatedSessionPhase Phase { get; private set; }

    /// <summary>One more execution wants to use the session.</summary>
    /// <returns><see langword="false"/> if it is evicted: it may be used no more, even if others still do.</returns>
    internal bool Acquire()
    {
        if (IsEvicted)
        {
            return false;
        }

        UserCount++;
        return true;
    }

    /// <summary>An execution is done with the session.</summary>
    /// <returns>Whether the caller has to clean up.</returns>
    /// <exception cref="InvalidOperationException">It was released more often than acquired.</exception>
    internal bool Release()
    {
        if (UserCount == 0)
        {
            throw new InvalidOperationException("The session was released more often than it was acquired.");
        }

        UserCount--;
        return IsCleanUpDue();
    }

    /// <summary>The cache gives the session up. A second time it changes nothing.</summary>
    /// <returns>Whether the caller has to clean up; if not, the last release will.</returns>
    internal bool MarkEvicted()
    {
        IsEvicted = true;
        return IsCleanUpDue();
    }

    /// <summary>The cache wants the session back. Only its loader asks, because it puts the session into the cache when it succeeds.</summary>
    /// <returns><see langword="false"/> if it is not evicted, or nobody uses it any more and it cannot be had back.</returns>
    internal bool TryUnEvict()
    {
        if (!IsEvicted || UserCount == 0)
        {
            return false;
        }

        IsEvicted = false;
        return true;
    }

    /// <summary>Whoever had to clean up has done so.</summary>
    /// <exception cref="InvalidOperationException">No clean-up was due, or it had ended.</exception>
    internal void CleanUpEnded()
    {
        if (Phase != IsolatedSessionPhase.CleaningUp)
        {
            throw new InvalidOperationException($"No clean-up is under way: the session is {Phase}.");
        }

        Phase = IsolatedSessionPhase.Gone;
    }

    private bool IsCleanUpDue()
    {
        if (!IsEvicted || UserCount > 0 || Phase != IsolatedSessionPhase.Alive)
        {
            return false;
        }

        Phase = IsolatedSessionPhase.CleaningUp;
        return true;
    }
}
