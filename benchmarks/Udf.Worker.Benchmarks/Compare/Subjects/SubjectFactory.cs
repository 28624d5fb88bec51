namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Makes a subject of its description.</summary>
internal static class SubjectFactory
{
    internal static Subject Create(SubjectDescription description) => (description.Kind, description.Method) switch
    {
        (SubjectKind.RoundTrip or SubjectKind.IdleRoundTrip or SubjectKind.Acquire, SubjectMethod.Sockets) => new SocketRoundTrips(description),
        (SubjectKind.RoundTrip, SubjectMethod.Grpc) => new GrpcRoundTrips(description),
        (SubjectKind.RoundTrip or SubjectKind.IdleRoundTrip, _) => new SessionRoundTrips(description),
        (SubjectKind.Echo, SubjectMethod.Sockets) => new SocketEcho(description),
        (SubjectKind.Echo, SubjectMethod.Grpc) => new GrpcEcho(description),
        (SubjectKind.Echo, _) => new SessionEcho(description),
        (SubjectKind.ToWorker or SubjectKind.FromWorker, SubjectMethod.Sockets) => new SocketOneWay(description),
        (SubjectKind.ToWorker or SubjectKind.FromWorker, _) => new SessionOneWay(description),
        (SubjectKind.Sessions, SubjectMethod.Epoll) => new EpollSessions(description),
        (SubjectKind.Sessions, _) => new WorkerSessions(description),
        (SubjectKind.Start, SubjectMethod.Sockets) => new BareProgramStart(description),
        (SubjectKind.Start, _) => new FreshWorkerStart(description),
        (SubjectKind.Acquire, _) => new WarmAcquire(description),
        _ => throw new ArgumentOutOfRangeException(nameof(description), description, "No subject is so described."),
    };
}
