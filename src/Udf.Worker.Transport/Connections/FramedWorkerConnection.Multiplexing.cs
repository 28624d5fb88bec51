using Udf.Worker.Protocol;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport;

// The connection that executions share: one, opened when the first of them needs it, and another when that has broken.
public sealed partial class FramedWorkerConnection
{
    /// <summary>With fewer executions at a time nothing is gained: each is then as fast on a connection of its own, which answers somewhat sooner.</summary>
    internal const int FewExecutions = 4;

    private readonly SemaphoreSlim _multiplexing = new(1);

    // Written by who has _multiplexing; guarded by _gate.
    private EngineMultiplexedConnection? _multiplexed;

    /// <summary>The connection that executions share, if there is one.</summary>
    internal EngineMultiplexedConnection? Multiplexed
    {
        get
        {
            lock (_gate)
            {
                return _multiplexed;
            }
        }
    }

    /// <summary>A stream for one execution; <see langword="null"/> if it is to have a connection of its own.</summary>
    /// <exception cref="WorkerException">The worker is lost, or does not take the connection.</exception>
    private async ValueTask<MultiplexedStream?> TryCreateStreamAsync(WorkerSessionOptions session, CancellationToken cancellationToken)
    {
        return MayShare(session) ? await TryCreateStreamAsync(cancellationToken).ConfigureAwait(false) : null;
    }

    /// <summary>What suits a function whose batches nobody has said anything about: a stream if they were small the last times, else a connection of its own.</summary>
    /// <exception cref="WorkerException">The worker is lost, or does not take the connection.</exception>
    internal async ValueTask<(ExecutionChannel Channel, bool IsReused)> RentAsync(WorkerPayload payload, CancellationToken cancellationToken)
    {
        if (_memory.BatchSizes.IsSmall(payload) && await TryCreateStreamAsync(cancellationToken).ConfigureAwait(false) is { } stream)
        {
            return (stream, false);
        }

        return await RentAsync(mayReuse: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>An execution has ended whose batches had this size.</summary>
    internal void NoteBatchSizes(WorkerPayload payload, long averageBytes)
    {
        if (_options.Multiplexing == MultiplexingMode.SmallBatches)
        {
            _memory.BatchSizes.Note(payload, averageBytes);
        }
    }

    private async ValueTask<MultiplexedStream?> TryCreateStreamAsync(CancellationToken cancellationToken)
    {
        if (TryGetOpen(out bool isOffered) is { } open)
        {
            return open.CreateStream();
        }

        if (!isOffered)
        {
            return null;
        }

        await _multiplexing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            EngineMultiplexedConnection? connection = TryGetOpen(out isOffered);
            if (connection is null && isOffered)
            {
                connection = await OpenMultiplexedAsync(cancellationToken).ConfigureAwait(false);
            }

            return connection?.CreateStream();
        }
        finally
        {
            _multiplexing.Release();
        }
    }

    private bool MayShare(WorkerSessionOptions session) => _options.Multiplexing switch
    {
        MultiplexingMode.SmallBatches => session.ExpectedBatchBytes < FunctionBatchSizes.LargeBytes,
        MultiplexingMode.Never => false,
        MultiplexingMode.Always => true,
        _ => throw new InvalidOperationException($"Unknown mode {_options.Multiplexing}."),
    };

    /// <summary>Whether what carries a session is chosen when its function is known: where it has said neither what it expects nor that it wants a reader of its own, some function has had small batches, and enough runs here for sharing to pay.</summary>
    private bool MayShareLater(WorkerSessionOptions session)
    {
        bool isOwnWanted = session.ContinueInline || session.PollBeforeWait > TimeSpan.Zero;
        if (_options.Multiplexing != MultiplexingMode.SmallBatches || session.ExpectedBatchBytes is not null || isOwnWanted || !_memory.BatchSizes.HasSmall || _memory.OffersNoMultiplexing)
        {
            return false;
        }

        lock (_gate)
        {
            return _inUse.Count + (_multiplexed?.OpenCount ?? 0) >= FewExecutions;
        }
    }

    private EngineMultiplexedConnection? TryGetOpen(out bool isOffered)
    {
        lock (_gate)
        {
            ThrowIfLostUnsynchronized();
            isOffered = !_memory.OffersNoMultiplexing;
            return _multiplexed is { IsEnded: false } open ? open : null;
        }
    }

    private async ValueTask<EngineMultiplexedConnection?> OpenMultiplexedAsync(CancellationToken cancellationToken)
    {
        FramedChannel channel = await ConnectAsync(ConnectionRole.Multiplex, cancellationToken).ConfigureAwait(false);
        EngineMultiplexedConnection? broken = null;
        try
        {
            // Unlike on a connection of its own the first execution waits for the answer: whoever shares it with others must know that it is one.
            WorkerPrefaceCheck check = await channel.VerifyAsync(cancellationToken).ConfigureAwait(false);
            if (check.Outcome == WorkerPrefaceOutcome.Accepted)
            {
                return Publish(ref channel!, out broken);
            }

            if (check.Outcome != WorkerPrefaceOutcome.Refused || check.Answer.Status is not (PrefaceStatus.RoleNotOffered or PrefaceStatus.AtCapacity))
            {
                throw WorkerRefusals.Refused(Endpoint, check);
            }

            _memory.OffersNoMultiplexing |= check.Answer.Status == PrefaceStatus.RoleNotOffered;
            return null;
        }
        catch (IOException exception)
        {
            throw LostReason ?? WorkerRefusals.Lost(Endpoint, $"The multiplexed connection to worker {Endpoint} broke before it was accepted: {exception.Message}", exception);
        }
        finally
        {
            if (channel is not null)
            {
                await channel.DisposeAsync().ConfigureAwait(false);
            }

            if (broken is not null)
            {
                await broken.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    // Takes the channel over, unless the worker was lost meanwhile.
    private EngineMultiplexedConnection Publish(ref FramedChannel? channel, out EngineMultiplexedConnection? broken)
    {
        lock (_gate)
        {
            broken = null;
            ThrowIfLostUnsynchronized();
            broken = _multiplexed;
            _multiplexed = new EngineMultiplexedConnection(channel!, _options, _timeProvider);
            channel = null;
            return _multiplexed;
        }
    }

    private void LoseMultiplexed() => Multiplexed?.EndBoth();

    private async ValueTask CloseMultiplexedAsync()
    {
        if (Multiplexed is { } multiplexed)
        {
            await multiplexed.DisposeAsync().ConfigureAwait(false);
        }
    }
}
