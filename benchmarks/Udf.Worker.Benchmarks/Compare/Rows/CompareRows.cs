namespace Udf.Worker.Benchmarks.Compare;

/// <summary>The questions, in the order of the report, with the bounds that the project has set itself.</summary>
internal static class CompareRows
{
    private const int Small = 64;
    private const int Medium = 64 * 1024;
    private const int Large = 1024 * 1024;

    private const string Sockets = "blocking sockets";
    private const string Session = "session";
    private const string Inline = "session, ContinueInline";
    private const string Shared = "sessions, shared connection";
    private const string Grpc = "gRPC stream";
    private const string Epoll = "epoll";

    /// <summary>Makes them.</summary>
    /// <param name="programs">What the rows start that start programs.</param>
    internal static IReadOnlyList<CompareRow> Create(StartPrograms programs) =>
    [
        new("rtt-64-uds", "Round trip of 64 B, Unix socket", FigureUnit.Microseconds, RoundTrips(Small, isTcp: false, withGrpc: true))
        {
            IsPinned = true,
            Bounds = [new(Session, Sockets, 1.7, 1.35), new(Inline, Sockets, 1.7, 1.35), new(Session, Grpc, 0.45)],
        },
        new("rtt-64-tcp", "Round trip of 64 B, TCP", FigureUnit.Microseconds, RoundTrips(Small, isTcp: true, withGrpc: false))
        {
            IsPinned = true,
            Bounds = [new(Session, Sockets, 1.7, 1.4), new(Inline, Sockets, 1.7, 1.4)],
        },
        new("rtt-64k-uds", "Round trip of 64 KiB, Unix socket", FigureUnit.Microseconds, RoundTrips(Medium, isTcp: false, withGrpc: false)) { IsPinned = true },
        new("rtt-1m-uds", "Round trip of 1 MiB, Unix socket", FigureUnit.Microseconds, RoundTrips(Large, isTcp: false, withGrpc: true))
        {
            IsPinned = true,
            Bounds = [new(Session, Sockets, 1.3, 1.1), new(Inline, Sockets, 1.3, 1.1)],
        },
        new("rtt-64-idle", "Round trip of 64 B after 20 ms of nothing", FigureUnit.Microseconds, Of(SubjectKind.IdleRoundTrip, Small, SubjectMethod.Sockets, SubjectMethod.Session, SubjectMethod.SessionInline))
        {
            Count = 10,
            Bounds = [new(Session, Sockets, 2, 1.4), new(Inline, Sockets, 2, 1.4)],
        },
        new("echo-64k", "Echo of 64 KiB, pipelined", FigureUnit.MebibytesPerSecond, Of(SubjectKind.Echo, Medium, SubjectMethod.Sockets, SubjectMethod.Session, SubjectMethod.Grpc))
        {
            Bounds = [new(Session, Sockets, 0.75, 0.9), new(Session, Grpc, 5)],
        },
        new("echo-1m", "Echo of 1 MiB, pipelined", FigureUnit.MebibytesPerSecond, Of(SubjectKind.Echo, Large, SubjectMethod.Sockets, SubjectMethod.Session, SubjectMethod.Grpc))
        {
            Bounds = [new(Session, Sockets, 0.95, 1.3), new(Session, Grpc, 7)],
        },
        new("to-worker-64k", "64 KiB to the worker", FigureUnit.MebibytesPerSecond, Of(SubjectKind.ToWorker, Medium, SubjectMethod.Sockets, SubjectMethod.Session)),
        new("to-worker-1m", "1 MiB to the worker", FigureUnit.MebibytesPerSecond, Of(SubjectKind.ToWorker, Large, SubjectMethod.Sockets, SubjectMethod.Session)),
        new("from-worker-64k", "64 KiB from the worker", FigureUnit.MebibytesPerSecond, Of(SubjectKind.FromWorker, Medium, SubjectMethod.Sockets, SubjectMethod.Session)),
        new("from-worker-1m", "1 MiB from the worker", FigureUnit.MebibytesPerSecond, Of(SubjectKind.FromWorker, Large, SubjectMethod.Sockets, SubjectMethod.Session)),
        new("sessions-8", "8 sessions of 64 B", FigureUnit.ThousandsPerSecond, Sessions(8)),
        new("sessions-64", "64 sessions of 64 B", FigureUnit.ThousandsPerSecond, Sessions(64)) { Bounds = [new(Shared, Epoll, 2, 4)] },
        new("sessions-512", "512 sessions of 64 B", FigureUnit.ThousandsPerSecond, Sessions(512)) { Bounds = [new(Shared, Epoll, 5, 10)] },
        new("start", "From the start of a worker to its first result", FigureUnit.Milliseconds, Starts(programs))
        {
            Count = 1,
            Bounds = [new(FreshWorker, BareProgram, 1.25, 1.1)],
        },

        // 150 and 75 us where a C program's idle round trip is 55 us.
        new("acquire-idle", "From a session on a warm worker to its first result, after 20 ms of nothing", FigureUnit.Microseconds, Of(SubjectKind.Acquire, Small, SubjectMethod.Sockets, SubjectMethod.Session, SubjectMethod.SessionInline))
        {
            Count = 10,
            Bounds = [new(Session, Sockets, 2.73, 1.36)],
        },
    ];

    private const string BareProgram = "bare program";
    private const string FreshWorker = "session on a fresh worker";

    private static (string, SubjectDescription)[] RoundTrips(int payloadBytes, bool isTcp, bool withGrpc)
    {
        SubjectMethod[] methods = [SubjectMethod.Sockets, SubjectMethod.Session, SubjectMethod.SessionInline, .. withGrpc ? [SubjectMethod.Grpc] : Array.Empty<SubjectMethod>()];
        return [.. Of(SubjectKind.RoundTrip, payloadBytes, methods).Select(subject => (subject.Item1, subject.Item2 with { IsTcp = isTcp }))];
    }

    private static (string, SubjectDescription)[] Of(SubjectKind kind, int payloadBytes, params SubjectMethod[] methods) =>
        [.. methods.Select(method => (NameOf(method), new SubjectDescription(kind, method, payloadBytes)))];

    private static (string, SubjectDescription)[] Sessions(int count) =>
    [
        (Epoll, new(SubjectKind.Sessions, SubjectMethod.Epoll, Small) { SessionCount = count }),
        ("sessions, a connection each", new(SubjectKind.Sessions, SubjectMethod.Session, Small) { SessionCount = count }),
        (Shared, new(SubjectKind.Sessions, SubjectMethod.SessionShared, Small) { SessionCount = count }),
    ];

    private static (string, SubjectDescription)[] Starts(StartPrograms programs) =>
    [
        (BareProgram, new(SubjectKind.Start, SubjectMethod.Sockets, Small) { ProgramPath = programs.BareProgramPath }),
        (FreshWorker, new(SubjectKind.Start, SubjectMethod.Session, Small) { ProgramPath = programs.WorkerPath }),
    ];

    private static string NameOf(SubjectMethod method) => method switch
    {
        SubjectMethod.Sockets => Sockets,
        SubjectMethod.Epoll => Epoll,
        SubjectMethod.Grpc => Grpc,
        SubjectMethod.Session => Session,
        SubjectMethod.SessionInline => Inline,
        SubjectMethod.SessionShared => Shared,
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, "Unknown method."),
    };
}
