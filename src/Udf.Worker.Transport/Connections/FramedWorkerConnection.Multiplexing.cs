using Udf.Worker.Protocol;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport;

// The connection that executions share: one, opened when the first of them needs it, and another when that has broken.
public sealed partial class FramedWorkerConnection
{
    /// <summary>Batches of this size and more belong on a connection of their own.</summary>
    private const int SmallBatchBytes = 64 * 1024;

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
        if (!MayShare(session))
        {
            return null;
        }

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
        MultiplexingMode.SmallBatches => session.ExpectedBatchBytes < SmallBatchBytes,
        MultiplexingMode.Never => false,
        MultiplexingMode.Always => true,
        _ => throw new InvalidOperationException($"Unknown mode {_options.Multiplexing}."),
    };

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
