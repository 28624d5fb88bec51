using FsCheck;
using FsCheck.Fluent;

namespace Udf.Worker.Protocol.Tests.Executions;

/// <summary>Both state machines against each other, in random interleavings and with random faults.</summary>
public class CoupledExecutionTests
{
    // UDF_STRESS=full runs more of them.
    private static readonly int RunCount = Environment.GetEnvironmentVariable("UDF_STRESS") == "full" ? 100_000 : 3_000;

    [Theory]
    [InlineData(CoupledFault.None)]
    [InlineData(CoupledFault.ConnectionCut)]
    [InlineData(CoupledFault.EngineBreaksRules)]
    [InlineData(CoupledFault.WorkerBreaksRules)]
    [InlineData(CoupledFault.WorkerShutsDown)]
    public void Run_AnyInterleaving_EndsWithConsistentOutcomes(CoupledFault fault) =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            CoupledConnection connection = new(seed, fault);
            connection.Run();
            Assert.NotEmpty(connection.Outcomes);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(RunCount));

    [Fact]
    public void Run_WithoutFaults_ReachesEveryKindOfEndAndReusesConnections()
    {
        HashSet<EngineOutcomeKind> kinds = [];
        int reused = 0;
        for (int seed = 0; seed < 500; seed++)
        {
            CoupledConnection connection = new(seed, CoupledFault.None);
            connection.Run();
            kinds.UnionWith(connection.Outcomes.Select(outcome => outcome.Kind));
            reused += connection.Outcomes.Count - 1;
        }

        Assert.Equal([EngineOutcomeKind.Finished, EngineOutcomeKind.Cancelled, EngineOutcomeKind.Failed], kinds.Order());
        Assert.True(reused > 500, $"Only {reused} connections were reused.");
    }

    [Theory]
    [InlineData(CoupledFault.ConnectionCut, EngineOutcomeKind.TransportFailed)]
    [InlineData(CoupledFault.WorkerBreaksRules, EngineOutcomeKind.ProtocolViolated)]
    [InlineData(CoupledFault.EngineBreaksRules, EngineOutcomeKind.Failed)]
    [InlineData(CoupledFault.WorkerShutsDown, EngineOutcomeKind.Failed)]
    public void Run_WithAFault_IsSeenAsWhatItIs(CoupledFault fault, EngineOutcomeKind expected)
    {
        int seen = 0;
        for (int seed = 0; seed < 200; seed++)
        {
            CoupledConnection connection = new(seed, fault);
            connection.Run();
            seen += connection.FaultHasStruck && connection.Outcomes.Any(outcome => outcome.Kind == expected) ? 1 : 0;
        }

        Assert.True(seen > 20, $"Seen {seen} times.");
    }
}
