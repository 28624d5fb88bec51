namespace NearestAirport;

/// <summary>What a run of the job has shown.</summary>
/// <param name="Distances">About the answers.</param>
/// <param name="Elapsed">From the start of the first worker to the end of the last.</param>
/// <param name="SessionCount">How many sessions there were, one after another and in parallel.</param>
/// <param name="WorkerCount">How many worker processes were started for them.</param>
/// <param name="StartUp">How long the slowest worker took until it could take its first batch.</param>
internal sealed record JobResult(DistanceSummary Distances, TimeSpan Elapsed, long SessionCount, long WorkerCount, TimeSpan StartUp);
