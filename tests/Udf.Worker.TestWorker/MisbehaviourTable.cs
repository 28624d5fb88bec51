using Udf.Worker.TestWorker.Misbehaviours;

namespace Udf.Worker.TestWorker;

/// <summary>Every fault of this worker by its name: what tests need that must run without Python. The zoo of hostile workers is in <c>tests/workers/python/hostile_worker</c>.</summary>
internal static class MisbehaviourTable
{
    internal static readonly IReadOnlyDictionary<string, Func<TestWorkerStart, Task<int>>> All = new Dictionary<string, Func<TestWorkerStart, Task<int>>>
    {
        ["accepts-never-answers"] = start => RawWorker.RunAsync(start, static (_, socket) => RawWorker.Drain(socket)),

        // A worker that is whole otherwise.
        ["ignore-sigterm"] = Ends.IgnoreSigtermAsync,
        ["spam-stderr"] = Outputs.SpamStandardErrorAsync,
        ["leave-grandchild-with-stdout"] = Outputs.LeaveGrandchildAsync,
    };
}
