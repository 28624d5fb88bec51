using Udf.Worker.Isolation.Internal;

namespace Udf.Worker.Isolation.Tests;

public class IsolatedSessionStateTests
{
    [Fact]
    public void Acquire_OfANewSession_Succeeds()
    {
        var state = default(IsolatedSessionState);
        Assert.True(state.Acquire());
        Assert.Equal(1, state.UserCount);
    }

    [Fact]
    public void Acquire_AgainAndAgain_Succeeds()
    {
        var state = default(IsolatedSessionState);
        Assert.True(state.Acquire());
        Assert.True(state.Acquire());
        Assert.True(state.Acquire());
        Assert.Equal(3, state.UserCount);
    }

    [Fact]
    public void MarkEvicted_WithoutUsers_MakesCleanUpDue_AndNobodyAcquiresAnyMore()
    {
        var state = default(IsolatedSessionState);
        Assert.True(state.MarkEvicted());
        Assert.Equal(IsolatedSessionPhase.CleaningUp, state.Phase);
        Assert.False(state.Acquire());
    }

    [Fact]
    public void MarkEvicted_WithAUser_DefersCleanUpToItsRelease_AndNobodyElseAcquires()
    {
        var state = default(IsolatedSessionState);
        state.Acquire();
        Assert.False(state.MarkEvicted());
        Assert.Equal(IsolatedSessionPhase.Alive, state.Phase);
        Assert.False(state.Acquire());
        Assert.True(state.Release());
        Assert.Equal(IsolatedSessionPhase.CleaningUp, state.Phase);
    }

    [Fact]
    public void Release_OfAnEvictedSession_MakesCleanUpDueWithTheLastUserOnly()
    {
        var state = default(IsolatedSessionState);
        state.Acquire();
        state.Acquire();
        state.Acquire();
        state.MarkEvicted();
        Assert.False(state.Release());
        Assert.False(state.Release());
        Assert.True(state.Release());
    }

    [Fact]
    public void TryUnEvict_WithAUser_GivesTheSessionBack()
    {
        var state = default(IsolatedSessionState);
        state.Acquire();
        state.MarkEvicted();
        Assert.True(state.TryUnEvict());
        Assert.True(state.Acquire());
    }

    [Fact]
    public void TryUnEvict_OfASessionThatIsNotEvicted_Fails()
    {
        var state = default(IsolatedSessionState);
        state.Acquire();
        Assert.False(state.TryUnEvict());
    }

    [Fact]
    public void TryUnEvictAndAcquire_OnceCleanUpIsDue_Fail()
    {
        var state = default(IsolatedSessionState);
        state.MarkEvicted();
        Assert.False(state.TryUnEvict());
        Assert.False(state.Acquire());
        state.CleanUpEnded();
        Assert.Equal(IsolatedSessionPhase.Gone, state.Phase);
        Assert.False(state.TryUnEvict());
        Assert.False(state.Acquire());
    }

    [Fact]
    public void Release_OfASessionThatWasUnEvicted_LeavesItAlive()
    {
        var state = default(IsolatedSessionState);
        state.Acquire();
        state.MarkEvicted();
        state.TryUnEvict();
        state.Acquire();
        Assert.False(state.Release());
        Assert.False(state.Release());
        Assert.Equal(IsolatedSessionPhase.Alive, state.Phase);
        Assert.True(state.MarkEvicted());
    }

    [Fact]
    public void MarkEvicted_Twice_MakesCleanUpDueOnce()
    {
        var state = default(IsolatedSessionState);
        Assert.True(state.MarkEvicted());
        Assert.False(state.MarkEvicted());
        state.CleanUpEnded();
        Assert.False(state.MarkEvicted());
    }

    [Fact]
    public void Release_MoreOftenThanAcquired_IsAnError() =>
        Assert.Throws<InvalidOperationException>(() => default(IsolatedSessionState).Release());

    [Fact]
    public void CleanUpEnded_WithoutOneUnderWay_IsAnError()
    {
        var state = default(IsolatedSessionState);
        Assert.Throws<InvalidOperationException>(() => state.CleanUpEnded());
        state.MarkEvicted();
        state.CleanUpEnded();
        Assert.Throws<InvalidOperationException>(() => state.CleanUpEnded());
    }
}
