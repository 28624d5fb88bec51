namespace Udf.Worker.Benchmarks.Compare;

/// <summary>By what means a subject does it.</summary>
internal enum SubjectMethod
{
    /// <summary>Plain blocking sockets, or a bare program where one is started: the baseline.</summary>
    Sockets,

    /// <summary>One thread with <c>epoll</c> on each side and a connection for each session: the baseline of many sessions.</summary>
    Epoll,

    /// <summary>A bidirectional gRPC stream.</summary>
    Grpc,

    /// <summary>This library, as it is by default.</summary>
    Session,

    /// <summary>This library, with <see cref="WorkerSessionOptions.ContinueInline"/>.</summary>
    SessionInline,

    /// <summary>This library, on a connection that sessions share.</summary>
    SessionShared,
}
