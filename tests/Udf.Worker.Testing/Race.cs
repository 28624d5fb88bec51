using System.Globalization;

namespace Udf.Worker.Testing;

/// <summary>Runs the same few actions against each other again and again, each on a thread of its own, all let go at the same moment.</summary>
public static class Race
{
    /// <summary>The number of rounds: the first in a normal run, the second with <c>UDF_STRESS=full</c>.</summary>
    public static int Rounds(int normal, int full) => Environment.GetEnvironmentVariable("UDF_STRESS") == "full" ? full : normal;

    /// <param name="rounds">How often.</param>
    /// <param name="participants">How many actions each round has.</param>
    /// <param name="begin">Sets a round up, given its number: its actions, and what to check when all of them have ended.</param>
    public static async Task RunAsync(int rounds, int participants, Func<int, (Func<Task>[] Actions, Action Check)> begin)
    {
        using var barrier = new Barrier(participants + 1);
        var actions = new Func<Task>[participants];
        var running = new Task[participants];
        int round = 0;
        bool done = false;

        Thread[] threads = [.. Enumerable.Range(0, participants).Select(index => new Thread(() => Participate(index)) { IsBackground = true })];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        try
        {
            for (; round < rounds; round++)
            {
                (Func<Task>[] next, Action check) = begin(round);
                next.CopyTo(actions, 0);
                barrier.SignalAndWait();
                barrier.SignalAndWait();
                try
                {
                    await Task.WhenAll(running).DefaultTimeout();
                    check();
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"Round {round} failed: {exception.Message}"), exception);
                }
            }
        }
        finally
        {
            done = true;
            barrier.SignalAndWait();
        }

        void Participate(int index)
        {
            while (true)
            {
                barrier.SignalAndWait();
                if (done)
                {
                    return;
                }

                // A different stagger each round, the same each time it is run.
                Thread.SpinWait(new Random((round * 31) + index).Next(400));
                running[index] = Start(actions[index]);
                barrier.SignalAndWait();
            }
        }
    }

    private static Task Start(Func<Task> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception)
        {
            return Task.FromException(exception);
        }
    }
}
