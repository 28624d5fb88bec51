using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests;

public sealed class HeartbeatTallyTests
{
    [Fact]
    public void Miss_AsManyInARowAsAllowed_IsTheLastOne()
    {
        var tally = new HeartbeatTally(3, isIndependent: false);

        Assert.Equal([false, false, true], Misses(tally, 3));
    }

    [Fact]
    public void Miss_LimitOfOne_IsTheLastOne() => Assert.True(new HeartbeatTally(1, isIndependent: true).Miss());

    [Fact]
    public void Answer_BetweenMisses_CountsAnew()
    {
        var tally = new HeartbeatTally(2, isIndependent: true);
        Assert.False(tally.Miss());

        tally.Answer();

        Assert.Equal([false, true], Misses(tally, 2));
    }

    [Fact]
    public void Miss_WhileASessionRuns_CountsOnlyIfManageIsIndependent()
    {
        var independent = new HeartbeatTally(2, isIndependent: true);
        var computing = new HeartbeatTally(2, isIndependent: false);
        independent.BeginSession();
        computing.BeginSession();

        Assert.Equal((true, false), (independent.Counts, computing.Counts));
        Assert.Equal([false, true], Misses(independent, 2));
        Assert.All(Misses(computing, 100), Assert.False);
    }

    [Fact]
    public void EndSession_TheLastOfSeveral_CountsAnewAndExcusesWhatWasHeldUp()
    {
        var tally = new HeartbeatTally(2, isIndependent: false);
        Assert.False(tally.Miss());
        tally.BeginSession();
        tally.BeginSession();
        tally.EndSession();
        Assert.All(Misses(tally, 10), Assert.False);

        tally.EndSession();

        Assert.Equal([false, false, true], Misses(tally, 3));
    }

    [Fact]
    public void EndSession_AnAnswerFollows_NothingIsExcusedAnyMore()
    {
        var tally = new HeartbeatTally(1, isIndependent: false);
        tally.BeginSession();
        tally.EndSession();

        tally.Answer();

        Assert.True(tally.Miss());
    }

    [Fact]
    public void EndSession_ManageIsIndependent_TheCountGoesOn()
    {
        var tally = new HeartbeatTally(2, isIndependent: true);
        tally.BeginSession();
        Assert.False(tally.Miss());

        tally.EndSession();

        Assert.True(tally.Miss());
    }

    private static bool[] Misses(HeartbeatTally tally, int count) => [.. Enumerable.Range(0, count).Select(_ => tally.Miss())];
}
