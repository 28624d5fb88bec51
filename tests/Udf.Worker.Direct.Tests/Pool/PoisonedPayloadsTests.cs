using System.Globalization;
using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests.Pool;

public class PoisonedPayloadsTests
{
    private static readonly PayloadIdentity Bad = new("dotnet", 10, 1);
    private static readonly PayloadIdentity Good = new("dotnet", 10, 2);
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    [Fact]
    public void Find_FromTheThresholdOn_RefusesWithAllEvidence()
    {
        var payloads = new PoisonedPayloads(3, Window);
        Assert.False(payloads.Record([Bad], "signal 11", Minute(0)));
        Assert.False(payloads.Record([Bad], "signal 6", Minute(1)));
        Assert.Null(payloads.Find(Bad, Minute(1)));

        Assert.True(payloads.Record([Bad], "exit code 3", Minute(2)));

        PoisonVerdict verdict = Assert.IsType<PoisonVerdict>(payloads.Find(Bad, Minute(2)));
        Assert.Equal(["signal 11", "signal 6", "exit code 3"], verdict.Deaths.Select(death => death.Evidence));
        Assert.Equal(Minute(12), verdict.Until);
        Assert.Null(payloads.Find(Good, Minute(2)));
    }

    [Fact]
    public void Find_WindowHasPassed_BeginsAnew()
    {
        var payloads = new PoisonedPayloads(2, Window);
        payloads.Record([Bad], "one", Minute(0));
        payloads.Record([Bad], "two", Minute(5));

        Assert.NotNull(payloads.Find(Bad, Minute(14.99)));
        Assert.Null(payloads.Find(Bad, Minute(15)));
        Assert.Equal(0, payloads.Count);
        Assert.False(payloads.Record([Bad], "three", Minute(15)));
        Assert.Null(payloads.Find(Bad, Minute(15)));
    }

    [Fact]
    public void Record_DeathsFarApart_AreNotAddedUp()
    {
        var payloads = new PoisonedPayloads(3, Window);
        for (int round = 0; round < 20; round++)
        {
            Assert.False(payloads.Record([Bad], "died", Minute(round * 6)));
            Assert.Null(payloads.Find(Bad, Minute(round * 6)));
        }
    }

    [Fact]
    public void Record_WhileRefused_KeepsTheLastEvidenceAndBeginsTheWindowAgain()
    {
        var payloads = new PoisonedPayloads(2, Window);
        payloads.Record([Bad], "one", Minute(0));
        Assert.True(payloads.Record([Bad], "two", Minute(1)));
        Assert.False(payloads.Record([Bad], "three", Minute(10.5)));

        PoisonVerdict verdict = Assert.IsType<PoisonVerdict>(payloads.Find(Bad, Minute(11)));
        Assert.Equal(["two", "three"], verdict.Deaths.Select(death => death.Evidence));
        Assert.Equal(Minute(20.5), verdict.Until);
    }

    [Fact]
    public void Record_SeveralPayloadsRan_HoldsNoneResponsible()
    {
        var payloads = new PoisonedPayloads(1, Window);
        Assert.False(payloads.Record([Bad, Good], "died", Minute(0)));
        Assert.False(payloads.Record([], "died", Minute(0)));
        Assert.Equal(0, payloads.Count);

        Assert.True(payloads.Record([Bad, Bad with { }], "died", Minute(0)));
        Assert.NotNull(payloads.Find(Bad, Minute(0)));
    }

    [Fact]
    public void Record_MoreThanTheCapacity_ForgetsTheOldestThatIsNotRefused()
    {
        var payloads = new PoisonedPayloads(2, Window, capacity: 3);
        payloads.Record([Bad], "one", Minute(0));
        payloads.Record([Bad], "two", Minute(0));
        for (int other = 0; other < 100; other++)
        {
            payloads.Record([new PayloadIdentity("dotnet", other, 7)], other.ToString(CultureInfo.InvariantCulture), Minute(1 + (other / 1000.0)));
            Assert.InRange(payloads.Count, 1, 3);
        }

        Assert.NotNull(payloads.Find(Bad, Minute(2)));
        Assert.True(payloads.Record([new PayloadIdentity("dotnet", 99, 7)], "again", Minute(2)));
        Assert.False(payloads.Record([new PayloadIdentity("dotnet", 0, 7)], "again", Minute(2)));
    }

    [Fact]
    public void Record_LongEvidence_KeepsItsEnd()
    {
        var payloads = new PoisonedPayloads(1, Window);
        payloads.Record([Bad], new string('x', 100_000) + "the end", Minute(0));

        string evidence = Assert.Single(payloads.Find(Bad, Minute(0))!.Deaths).Evidence;
        Assert.Equal(PoisonedPayloads.MaximumEvidenceLength, evidence.Length);
        Assert.EndsWith("the end", evidence, StringComparison.Ordinal);
    }

    private static TimeSpan Minute(double minutes) => TimeSpan.FromMinutes(minutes);
}
