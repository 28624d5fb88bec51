namespace Udf.Worker;

/// <summary>
/// One place where one worker is to be reached, with what a transport needs to know of the worker to reach it. Made by the dispatcher for each worker;
/// a transport reads it and adds only its <see cref="Observation"/>.
/// </summary>
public sealed class WorkerEndpoint
{
    private readonly byte[] _secret;
    private volatile string? _observation;

    /// <summary>Creates the endpoint.</summary>
    /// <param name="address">The address, in the transport's own form: what the worker gets as <c>--connection</c>.</param>
    /// <param name="workerId">The id of the worker: what it gets as <c>--id</c>.</param>
    /// <param name="secret">The token that engine and worker prove to each other, 32 bytes; copied. Empty for a worker that was given none.</param>
    public WorkerEndpoint(string address, string workerId, ReadOnlySpan<byte> secret = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(address);
        ArgumentException.ThrowIfNullOrEmpty(workerId);
        Address = address;
        WorkerId = workerId;
        _secret = secret.ToArray();
    }

    /// <summary>The address in the transport's own form, such as a socket path or a port.</summary>
    public string Address { get; }

    /// <summary>The id of the worker.</summary>
    public string WorkerId { get; }

    /// <summary>The token of the worker. It never travels and belongs in no message or log.</summary>
    public ReadOnlySpan<byte> Secret => _secret;

    /// <summary>The process id of the worker, or <see langword="null"/> if it is not a process of this machine.</summary>
    public int? ProcessId { get; init; }

    /// <summary>When the worker must be ready, on the clock that the dispatcher was given. The token that the hooks are called with falls at this instant.</summary>
    public DateTimeOffset Deadline { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>Falls when the worker has ended. What the transport holds open to it is lost then, whatever the socket says.</summary>
    public CancellationToken ExitToken { get; init; }

    /// <summary>
    /// What the transport has last seen of a worker that is not ready yet, such as <c>the connection was refused</c>. It becomes part of the error when the deadline passes.
    /// May be set and read from any thread.
    /// </summary>
    public string? Observation
    {
        get => _observation;
        set => _observation = value;
    }

    /// <summary>The worker and its address, without the secret.</summary>
    public override string ToString() => ProcessId is { } pid ? $"{Address} (worker '{WorkerId}', pid {pid})" : $"{Address} (worker '{WorkerId}')";
}
