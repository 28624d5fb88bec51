using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests;

/// <summary>What stands between a start and its program: each link costs every start an execution more.</summary>
public class LaunchChainTests
{
    [Fact]
    public void For_NothingToLimit_HasNoShell()
    {
        string[] setsid = LaunchChain.SetsidPath is { } path ? [path] : [];
        var launch = new WorkerLaunch
        {
            Executable = "/bin/cat",
            Arguments = ["a b"],
            EnvironmentVariables = new Dictionary<string, string>(),
            Limits = new WorkerLimits { AllowCoreDumps = true },
        };

        var chain = LaunchChain.For(launch);

        Assert.Equal([.. setsid, "/bin/cat", "a b"], [chain.Executable, .. chain.Arguments]);
    }
}
