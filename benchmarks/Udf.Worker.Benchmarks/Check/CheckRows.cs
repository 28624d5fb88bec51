using Udf.Worker.Benchmarks.Compare;

namespace Udf.Worker.Benchmarks.Check;

/// <summary>What is checked, with its ceilings.</summary>
internal static class CheckRows
{
    private const int Small = 64;
    private const int Medium = 64 * 1024;
    private const int Large = 1024 * 1024;

    // The loop of the benchmark itself allocates some 300 bytes for each round: 0.06 for a message of 64 B, 1 for one of 1 MiB. Calls are counted exactly, as long as the kernel takes and gives as much at once;
    // context switches rise when others use the CPU. So the ceilings of bytes are close, those of calls a half above what is usual, and those of switches twice that.
    internal static IReadOnlyList<CheckRow> All { get; } =
    [
        new("64 B there and back, own connection", new(SubjectKind.RoundTrip, SubjectMethod.Session, Small), 5_000, new(0.5, 3, 5, 4)),
        new("64 B there and back, own connection, ContinueInline", new(SubjectKind.RoundTrip, SubjectMethod.SessionInline, Small), 5_000, new(0.5, 5, 4, 4)),
        new("64 KiB there and back, own connection", new(SubjectKind.RoundTrip, SubjectMethod.Session, Medium), 2_000, new(1, 9, 16, 5)),
        new("1 MiB there and back, own connection", new(SubjectKind.RoundTrip, SubjectMethod.Session, Large), 300, new(4, 14, 30, 8)),
        new("64 KiB pipelined, own connection", new(SubjectKind.Echo, SubjectMethod.Session, Medium), 2_000, new(1, 9, 16, 5)),
        new("1 MiB pipelined, own connection", new(SubjectKind.Echo, SubjectMethod.Session, Large), 300, new(4, 14, 30, 10)),
        new("64 B there and back, shared connection", new(SubjectKind.RoundTrip, SubjectMethod.SessionShared, Small), 5_000, new(1, 8, 15, 20)),
        new("64 KiB there and back, shared connection", new(SubjectKind.RoundTrip, SubjectMethod.SessionShared, Medium), 2_000, new(2, 8, 20, 20)),
        new("1 MiB there and back, shared connection", new(SubjectKind.RoundTrip, SubjectMethod.SessionShared, Large), 300, new(16, 85, 250, 200)),
        new("64 B there and back in 64 sessions, shared connection", new(SubjectKind.Sessions, SubjectMethod.SessionShared, Small) { SessionCount = 64 }, 500, new(4, 0.5, 0.6, 0.8)),
    ];
}
