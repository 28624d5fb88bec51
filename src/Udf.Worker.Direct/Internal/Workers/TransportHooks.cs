namespace Udf.Worker.Direct.Internal;

/// <summary>What a transport does for the life of one worker, as the starter and the worker see it.</summary>
internal sealed record TransportHooks(
    Func<string, CancellationToken, ValueTask<string>> AllocateAddress,
    Func<WorkerEndpoint, CancellationToken, ValueTask<WorkerConnection>> WaitUntilReady,
    Func<string, ValueTask> CleanUpAddress,
    Func<string, WorkerStartException, bool> ShouldTryAnotherAddress);
