using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests.Pool;

public class ResidentMemoryTests
{
    [Fact]
    public void Of_ThisProcess_IsTheSameOnBothWays()
    {
        long linux = ResidentMemory.OfLinux(Environment.ProcessId)!.Value;
        long anywhere = ResidentMemory.OfAnySystem(Environment.ProcessId)!.Value;

        Assert.True(linux > 1024 * 1024, $"{linux} bytes are no process of .NET.");
        Assert.InRange(anywhere, linux / 2, linux * 2);
    }

    [Fact]
    public void Of_NoProcess_IsUnknown()
    {
        Assert.Null(ResidentMemory.OfLinux(int.MaxValue));
        Assert.Null(ResidentMemory.OfAnySystem(int.MaxValue));
    }
}
