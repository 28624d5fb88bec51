using System.Diagnostics;
using Udf.Worker.Host;

namespace Udf.Worker.TestWorker.Misbehaviours;

/// <summary>Workers whose functions misbehave, under the names of the conformance functions.</summary>
internal static class Functions
{
    /// <summary><c>udf.echo</c>, whose cancel callback never returns.</summary>
    internal static Task<int> NeverAnswersCancelAsync(TestWorkerStart start) => RunAsync(start, () => new NeverCancelled());

    /// <summary><c>udf.echo</c>, whose init ends the process by SIGKILL.</summary>
    internal static Task<int> KillInInitAsync(TestWorkerStart start) => RunAsync(start, () => new KilledInInit());

    private static Task<int> RunAsync(TestWorkerStart start, Func<UdfFunction> echo) =>
        UdfWorkerHost.RunAsync(start.Args, functions => functions.Map("udf.echo", echo), TestWorkerOptions.Create());

    private class Echo : UdfFunction
    {
        public override ValueTask<ReadOnlyMemory<byte>?> InitAsync(UdfContext context) => new(context.Payload.Content);

        public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output) => output.SendAsync(batch);
    }

    private sealed class NeverCancelled : Echo
    {
        public override async ValueTask CancelAsync(string? reason) => await Task.Delay(Timeout.Infinite);
    }

    private sealed class KilledInInit : Echo
    {
        public override ValueTask<ReadOnlyMemory<byte>?> InitAsync(UdfContext context)
        {
            using var self = Process.GetCurrentProcess();
            self.Kill();
            return base.InitAsync(context);
        }
    }
}
