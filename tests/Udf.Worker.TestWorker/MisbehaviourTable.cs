using Udf.Worker.TestWorker.Misbehaviours;

namespace Udf.Worker.TestWorker;

/// <summary>Every fault by its name.</summary>
internal static class MisbehaviourTable
{
    internal static readonly IReadOnlyDictionary<string, Func<TestWorkerStart, Task<int>>> All = new Dictionary<string, Func<TestWorkerStart, Task<int>>>
    {
        // Start.
        ["exit-at-once"] = Starts.ExitAtOnceAsync,
        ["never-binds"] = Starts.NeverBindsAsync,
        ["binds-never-accepts"] = Starts.BindsNeverAcceptsAsync,

        // First bytes.
        ["accepts-never-answers"] = start => RawWorker.RunAsync(start, Answers.Never),
        ["http1"] = start => RawWorker.RunAsync(start, Answers.Http1),
        ["http2"] = start => RawWorker.RunAsync(start, Answers.Http2),
        ["garbage"] = start => RawWorker.RunAsync(start, Answers.Garbage),
        ["wrong-version"] = start => RawWorker.RunAsync(start, Answers.WrongVersion),
        ["wrong-mac"] = start => RawWorker.RunAsync(start, Answers.WrongMac),
        ["die-after-preface"] = start => RawWorker.RunAsync(start, Answers.DieAfterPreface),

        // Frames.
        ["torn-frame"] = start => RawWorker.RunAsync(start, Frames.Torn),
        ["oversized-frame"] = start => RawWorker.RunAsync(start, Frames.Oversized),

        // A worker that is whole otherwise.
        ["ignore-sigterm"] = Ends.IgnoreSigtermAsync,
        ["spam-stderr"] = Outputs.SpamStandardErrorAsync,
        ["leave-grandchild-with-stdout"] = Outputs.LeaveGrandchildAsync,
        ["never-answers-cancel"] = Functions.NeverAnswersCancelAsync,
        ["kill-in-init"] = Functions.KillInInitAsync,
    };
}
