using FsCheck;
using FsCheck.Fluent;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>
/// The book under any sequence of what can happen, against <see cref="PoolModel"/>: no place lost, none given twice, limits and budget held, the order of those who wait kept, scopes never crossed, nobody
/// waiting while there is something for him, no start without demand. <c>UDF_STRESS=full</c> for many more.
/// </summary>
public class PoolBookModelTests
{
    private static readonly int ScenarioCount = Testing.Race.Rounds(4_000, 100_000);

    [Fact]
    public void AnySequence_KeepsTheRules()
    {
        int steps = 0;
        Prop.ForAll(Arb.From(Scenarios(), PoolScenario.Shrink), scenario => { steps += PoolModelRun.Play(scenario); })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(ScenarioCount).WithStartSize(20).WithEndSize(150));

        Assert.True(steps > 100_000, $"Only {steps} steps found something to do.");
    }

    private static Gen<PoolScenario> Scenarios() =>
        from setting in Gen.Choose(0, PoolScenario.SettingCount - 1)
        from commands in Gen.ArrayOf(Commands())
        select new PoolScenario(setting, commands);

    private static Gen<PoolCommand> Commands() =>
        from kind in Gen.Frequency(
            (30, Gen.Constant(PoolCommandKind.Acquire)),
            (4, Gen.Constant(PoolCommandKind.Cancel)),
            (16, Gen.Constant(PoolCommandKind.StartSucceeds)),
            (4, Gen.Constant(PoolCommandKind.StartFails)),
            (16, Gen.Constant(PoolCommandKind.Release)),
            (2, Gen.Constant(PoolCommandKind.ReleaseBroken)),
            (2, Gen.Constant(PoolCommandKind.ReleaseUnused)),
            (2, Gen.Constant(PoolCommandKind.ReleaseFull)),
            (3, Gen.Constant(PoolCommandKind.Lost)),
            (12, Gen.Constant(PoolCommandKind.Gone)),
            (1, Gen.Constant(PoolCommandKind.Retire)),
            (10, Gen.Constant(PoolCommandKind.Advance)),
            (2, Gen.Constant(PoolCommandKind.WarmUp)),
            (1, Gen.Constant(PoolCommandKind.GiveUpMinimum)),
            (1, Gen.Constant(PoolCommandKind.Replace)),
            (1, Gen.Constant(PoolCommandKind.Drain)),
            (1, Gen.Constant(PoolCommandKind.Close)),
            (2, Gen.Constant(PoolCommandKind.Misuse)))
        from which in Gen.Choose(0, 100)
        from how in Gen.Choose(0, 100)
        select new PoolCommand(kind, which, how);
}
