namespace Udf.Worker.Isolation.Internal;

/// <content>How sessions lose their place, and what happens to them then.</content>
internal sealed partial class IsolatedSessionCache<TContent>
{
    private void EvictIdle()
    {
        List<IsolatedSession<TContent>> evicted = [];
        lock (_gate)
        {
            _isTimerSet = false;
            if (_isDisposed)
            {
                return;
            }

            long now = _timeProvider.GetTimestamp();
            for (LinkedListNode<IsolatedSession<TContent>>? place = _byUse.First; place is not null;)
            {
                IsolatedSession<TContent> session = place.Value;
                place = place.Next;
                if (session.State.UserCount > 0)
                {
                    // Its time begins with its last release, which sets the timer if nothing else has.
                    continue;
                }

                TimeSpan left = _idleTimeout - _timeProvider.GetElapsedTime(session.LastUse, now);
                if (left > TimeSpan.Zero)
                {
                    SetTimerUnsynchronized(left);
                    break;
                }

                EvictUnsynchronized(session);
                evicted.Add(session);
            }
        }

        foreach (IsolatedSession<TContent> session in evicted)
        {
            TellAndCleanUp(session, isCleanUpDue: true, "nobody has used it for long");
        }
    }

    private bool EvictUnsynchronized(IsolatedSession<TContent> session)
    {
        _byUse.Remove(session.Place);
        return session.State.MarkEvicted();
    }

    private void SetTimerUnsynchronized(TimeSpan dueTime)
    {
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            _isTimerSet = true;
            _idleTimer.Change(dueTime, Timeout.InfiniteTimeSpan);
        }
    }

    private void TellAndCleanUp(IsolatedSession<TContent> session, bool isCleanUpDue, string reason)
    {
        if (isCleanUpDue)
        {
            IsolatedSessionLog.Evicted(_logger, session.Id, reason);
            CleanUp(session);
        }
        else
        {
            IsolatedSessionLog.EvictedInUse(_logger, session.Id, reason);
        }
    }

    private void CleanUp(IsolatedSession<TContent> session)
    {
        try
        {
            session.Content.Dispose();
        }
        catch (Exception exception)
        {
            // What could not be cleaned up stays, and is told; the id must become free in any case.
            IsolatedSessionLog.CleanUpFailed(_logger, session.Id, exception);
        }

        lock (_gate)
        {
            session.State.CleanUpEnded();
            _sessions.Remove(session.Id);
        }

        session.SetGone();
    }
}
