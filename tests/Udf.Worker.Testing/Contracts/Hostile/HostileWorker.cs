using Udf.Worker.Direct;
using Udf.Worker.Transport;

namespace Udf.Worker.Testing.Contracts;

/// <summary>One hostile worker: what it is, how far a host goes with it, and what the host must see.</summary>
/// <param name="Worker">How it is started, without a connection.</param>
/// <param name="Step">How far the host goes. If there is an error, it comes in this step.</param>
public sealed record HostileWorker(WorkerSpecification Worker, HostileStep Step)
{
    /// <summary>What the host must see; <see langword="null"/> if the fault must not concern it at all.</summary>
    public Type? Error { get; private init; }

    /// <summary>The row of docs/failures.md that this provokes, as in <see cref="FailureAttribute"/>.</summary>
    public string? Failure { get; init; }

    /// <summary>Parts of the error's message.</summary>
    public IReadOnlyList<string> Says { get; private init; } = [];

    /// <summary>Whether the session ends with an error of its own, after which the worker is as good as before. After every other error the worker must be gone.</summary>
    public bool StaysHealthy { get; init; }

    /// <summary>Whether it is a matter of luck in which step the error comes: in this one or in an earlier one.</summary>
    public bool MayBeSeenEarlier { get; init; }

    /// <summary>How many batches must come back, if there is no error.</summary>
    public int Answers { get; init; } = 1;

    /// <summary>The time limit that the error comes from, if it does. Every other error is there at once.</summary>
    public TimeSpan Limit { get; init; }

    public Func<DirectWorkerOptions>? Options { get; init; }

    public FramedConnectionOptions? Connection { get; init; }

    public WorkerSessionOptions? Session { get; init; }

    /// <summary>What else must be true of the error.</summary>
    public Action<Exception> Also { get; init; } = static _ => { };

    public HostileWorker Fails<T>(params string[] says)
        where T : WorkerException => this with { Error = typeof(T), Says = says };
}
