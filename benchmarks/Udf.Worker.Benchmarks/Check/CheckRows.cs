using Udf.Worker.Benchmarks.Compare;

namespace Udf.Worker.Benchmarks.Check;

/// <summary>What is checked, with its ceilings.</summary>
internal static class CheckRows
{
    private const int Small = 64;
    private const int Medium = 64 * 1024;
    private const int Large = 1024 * 1024;

    internal static IReadOnlyList<CheckRow> All { get; } =
    [
        new("64 B there and back, own connection", new(SubjectKind.RoundTrip, SubjectMethod.Session, Small), 5_000, new(1, 4, 4, 2)),
        new("64 B there and back, own connection, ContinueInline", new(SubjectKind.RoundTrip, SubjectMethod.SessionInline, Small), 5_000, new(1, 4, 2, 2)),
        new("64 KiB there and back, own connection", new(SubjectKind.RoundTrip, SubjectMethod.Session, Medium), 2_000, new(1, 6, 4, 3)),
        new("1 MiB there and back, own connection", new(SubjectKind.RoundTrip, SubjectMethod.Session, Large), 300, new(8, 50, 20, 20)),
        new("64 KiB pipelined, own connection", new(SubjectKind.Echo, SubjectMethod.Session, Medium), 2_000, new(1, 6, 6, 6)),
        new("1 MiB pipelined, own connection", new(SubjectKind.Echo, SubjectMethod.Session, Large), 300, new(8, 50, 20, 20)),
        new("64 B there and back, shared connection", new(SubjectKind.RoundTrip, SubjectMethod.SessionShared, Small), 5_000, new(1, 4, 6, 6)),
        new("64 KiB there and back, shared connection", new(SubjectKind.RoundTrip, SubjectMethod.SessionShared, Medium), 2_000, new(8, 10, 10, 10)),
        new("1 MiB there and back, shared connection", new(SubjectKind.RoundTrip, SubjectMethod.SessionShared, Large), 300, new(100, 100, 50, 50)),
        new("64 B there and back in 64 sessions, shared connection", new(SubjectKind.Sessions, SubjectMethod.SessionShared, Small) { SessionCount = 64 }, 500, new(4, 1, 1, 1)),
    ];
}
