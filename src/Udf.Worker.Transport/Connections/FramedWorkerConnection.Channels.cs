using System.Net.Sockets;
using Udf.Worker.Protocol;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Transport;

// The connections of executions: opened as needed, kept when idle, and ended together when the worker is lost.
public sealed partial class FramedWorkerConnection
{
    /// <summary>
    /// How many connections are on their way to their preface at a time. A worker lets only 32 peers wait that have not said who they are, and drops the oldest of more:
    /// without a bound a burst of executions would push out its own connections.
    /// </summary>
    private const int MaxConnectsAtOnce = 8;

    private readonly SemaphoreSlim _connects = new(MaxConnectsAtOnce);
    private readonly Lock _gate = new();

    // Guarded by _gate. What is in use is held so that a loss can end it.
    private readonly HashSet<FramedChannel> _inUse = [];
    private readonly Stack<FramedChannel> _idle = new();
    private string? _lostMessage;

    /// <summary>How many connections executions have, and how many are kept for the next ones.</summary>
    internal (int InUse, int Idle) ChannelCounts
    {
        get
        {
            lock (_gate)
            {
                return (_inUse.Count, _idle.Count);
            }
        }
    }

    /// <summary>Takes an idle connection, or opens one. A new one has sent its preface, and has not waited for the answer: an execution costs no extra round trip.</summary>
    /// <exception cref="WorkerException">The worker is lost, or does not take the connection.</exception>
    internal async ValueTask<(FramedChannel Channel, bool IsReused)> RentAsync(bool mayReuse, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ThrowIfLostUnsynchronized();
            if (mayReuse && _idle.TryPop(out FramedChannel? idle))
            {
                _inUse.Add(idle);
                return (idle, true);
            }
        }

        FramedChannel channel;
        await _connects.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            channel = await ConnectAsync(ConnectionRole.Execute, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _connects.Release();
        }

        string? lost;
        lock (_gate)
        {
            lost = _lostMessage;
            if (lost is null)
            {
                _inUse.Add(channel);
            }
        }

        if (lost is not null)
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            throw WorkerRefusals.Lost(Endpoint, lost);
        }

        return (channel, false);
    }

    /// <summary>Gives a connection back: kept for the next execution if it is between two, else closed. Nothing may be in flight on it.</summary>
    internal async ValueTask ReturnAsync(ExecutionChannel channel, bool isReusable)
    {
        if (channel is FramedChannel own)
        {
            lock (_gate)
            {
                _inUse.Remove(own);
                if (isReusable && _lostMessage is null && _idle.Count < _options.MaxIdleConnectionCount)
                {
                    _idle.Push(own);
                    return;
                }
            }
        }

        await channel.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<FramedChannel> ConnectAsync(ConnectionRole role, CancellationToken cancellationToken)
    {
        FramedChannel channel;
        try
        {
            ByteChannel bytes = await _connect(cancellationToken).ConfigureAwait(false);
            channel = new FramedChannel(bytes, role, _token, _options, _timeProvider);
        }
        catch (Exception exception) when (exception is IOException or SocketException or TimeoutException)
        {
            throw WorkerRefusals.Lost(Endpoint, $"No connection could be opened to worker {Endpoint}: {exception.Message}.", exception);
        }

        try
        {
            await channel.SendPrefaceAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The worker may have said why: whoever reads from the connection finds it.
        }
        catch (OperationCanceledException)
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return channel;
    }

    /// <summary>The worker is gone, or not wanted any more: the first reason stays, and what runs ends with it.</summary>
    private void Lose(string message)
    {
        FramedChannel[] inUse, idle;
        lock (_gate)
        {
            if (_lostMessage is not null)
            {
                return;
            }

            _lostMessage = message;
            inUse = [.. _inUse];
            idle = [.. _idle];
            _idle.Clear();
        }

        foreach (FramedChannel channel in inUse)
        {
            // What the worker had said before it was lost may be the end of the execution: its reader still gets it.
            channel.Bytes.EndBoth();
        }

        foreach (FramedChannel channel in idle)
        {
            channel.Bytes.Abort();
        }

        LoseMultiplexed();

        try
        {
            _lost.Cancel();
        }
        catch (AggregateException)
        {
            // Somebody's callback failed. The token has fallen all the same, and the others have heard of it.
        }
    }

    private void ThrowIfLostUnsynchronized()
    {
        if (_lostMessage is { } lost)
        {
            throw WorkerRefusals.Lost(Endpoint, lost);
        }
    }
}
