using System.Globalization;
using Udf.Worker.Benchmarks.RoundTrips;

namespace Udf.Worker.Benchmarks.Pools;

/// <summary>
/// Prints what short sessions take, one after another: on a worker that is used again, and on one that is started for each; the time to the first answer and the time of all. The baseline is a process of this
/// program that is started for each, echoes a message over plain blocking sockets, and ends.
/// </summary>
internal static class ShortSessionsRun
{
    internal const string Mode = "short-sessions";

    private const int DefaultCount = 1_000;

    internal static async Task RunAsync(string[] args)
    {
        int count = args is [string number] ? int.Parse(number, CultureInfo.InvariantCulture) : DefaultCount;
        Console.WriteLine($"{count} sessions with one batch of 64 bytes, one after another. Times to the first answer in ms, all of them in s.");
        Console.WriteLine();
        Console.WriteLine("| | p50 | p99 | longest | all, with their ends |");
        Console.WriteLine("|---|---|---|---|---|");
        await PrintAsync("a process with blocking sockets for each", count, static () => Task.FromResult(RunSockets()));
        await PrintAsync("a fresh worker for each", count, EchoSessions.Fresh());
        await PrintAsync("a reused worker, its start included", count, EchoSessions.Reusing());
    }

    private static async Task PrintAsync(string name, int count, WorkerDispatcher dispatcher)
    {
        await using (dispatcher)
        {
            await PrintAsync(name, count, () => EchoSessions.RunAsync(dispatcher));
        }
    }

    private static async Task PrintAsync(string name, int count, Func<Task<TimeSpan>> run)
    {
        var times = new TimeSpan[count];
        long begun = TimeProvider.System.GetTimestamp();
        for (int index = 0; index < count; index++)
        {
            times[index] = await run();
        }

        TimeSpan all = TimeProvider.System.GetElapsedTime(begun);
        Console.WriteLine(FormattableString.Invariant($"| {name} | {new Distribution(times).Cells} | {all.TotalSeconds:F2} |"));
    }

    private static TimeSpan RunSockets()
    {
        byte[] message = TestPayload.Create(64);
        byte[] answer = new byte[message.Length];
        long begun = TimeProvider.System.GetTimestamp();
        using var server = RawEcho.OverUnixDomainSocket(message.Length);
        server.RoundTrip(message, answer);
        TimeSpan first = TimeProvider.System.GetElapsedTime(begun);
        TestPayload.Check(answer, message);
        return first;
    }
}
