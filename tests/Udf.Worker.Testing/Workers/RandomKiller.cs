using System.Collections.Concurrent;
using Udf.Worker.Direct;

namespace Udf.Worker.Testing;

/// <summary>Starts processes as ever, and kills some of those that run, at any moment of their lives. Which and when comes from a seed; who they are by then is the machine's matter.</summary>
public sealed class RandomKiller(int seed) : IWorkerLauncher
{
    private readonly ConcurrentDictionary<LaunchedProcess, byte> _running = new();
    private int _launchCount;

    public int LaunchCount => Volatile.Read(ref _launchCount);

    public int KillCount { get; private set; }

    public async ValueTask<LaunchedProcess> LaunchAsync(WorkerLaunch launch, CancellationToken cancellationToken)
    {
        LaunchedProcess process = await LocalProcessLauncher.Instance.LaunchAsync(launch, cancellationToken);
        Interlocked.Increment(ref _launchCount);
        _running.TryAdd(process, 0);
        _ = process.Exited.ContinueWith(_ => _running.TryRemove(process, out byte _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return process;
    }

    /// <summary>Kills one after another, with random pauses between, until it is told to stop.</summary>
    /// <param name="longestPause">The pauses are spread evenly from nothing to this.</param>
    /// <param name="stop">Tells it to.</param>
    public async Task RunAsync(TimeSpan longestPause, CancellationToken stop)
    {
        var random = new Random(seed);
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(longestPause * random.NextDouble(), TimeProvider.System, CancellationToken.None);
            LaunchedProcess[] running = [.. _running.Keys];
            if (running.Length > 0)
            {
                running[random.Next(running.Length)].Kill();
                KillCount++;
            }
        }
    }
}
