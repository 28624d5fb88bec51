using System.Text.Json;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>
/// The process of one subject: runs as many messages as each line of its input says, and answers with a line of JSON. Ends with its input. What it reports besides the time is read before and after, outside the time.
/// </summary>
internal static class SubjectHost
{
    internal const string Mode = "subject";

    internal static void Run(string text)
    {
        SubjectDescription description = JsonSerializer.Deserialize<SubjectDescription>(text)!;
        AppContext.SetSwitch(SocketCallCounts.Switch, description.CountsCalls);
        Subject subject = SubjectFactory.Create(description);
        try
        {
            subject.StartAsync().GetAwaiter().GetResult();
            int[] peers = ContextSwitches.Descendants();
            Console.WriteLine("ready");
            while (Console.ReadLine() is { Length: > 0 } line)
            {
                Console.WriteLine(JsonSerializer.Serialize(Measure(subject, JsonSerializer.Deserialize<int>(line), peers)));
            }
        }
        finally
        {
            subject.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static Sample Measure(Subject subject, int count, int[] peers)
    {
        long peerSwitches = peers.Sum(ContextSwitches.Of);
        long hostSwitches = ContextSwitches.OfThisProcess();
        long calls = SocketCallCounts.Total;
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        Task<TimeSpan> run = subject.RunAsync(count);

        // A wait that does not spin first: on one CPU or two it would take part in what is measured.
        ((IAsyncResult)run).AsyncWaitHandle.WaitOne();
        TimeSpan elapsed = run.GetAwaiter().GetResult();
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        return new Sample(count * subject.SessionCount, elapsed.TotalSeconds, allocated, SocketCallCounts.Total - calls, ContextSwitches.OfThisProcess() - hostSwitches, peers.Sum(ContextSwitches.Of) - peerSwitches);
    }
}
