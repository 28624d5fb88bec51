using Udf.Worker.Direct.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

public sealed class DetachedTests
{
    private static readonly AsyncLocal<string?> Ambient = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_SeesNothingOfItsCaller(bool callerHasSuppressedTheFlow)
    {
        Ambient.Value = "caller";
        Task<string?> run;
        if (callerHasSuppressedTheFlow)
        {
            using (ExecutionContext.SuppressFlow())
            {
                run = Detached.Run(ReadAmbient);
            }
        }
        else
        {
            run = Detached.Run(ReadAmbient);
        }

        Assert.Null(await run.DefaultTimeout());
        Assert.Equal("caller", Ambient.Value);
    }

    private static Task<string?> ReadAmbient() => Task.FromResult(Ambient.Value);
}
