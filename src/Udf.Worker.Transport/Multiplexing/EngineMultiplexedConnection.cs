using System.Runtime.CompilerServices;
using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// A multiplexed connection to a worker, on the engine's side: one reader, with a thread of its own where the system has the fast path, and one writer that waits without a thread.
/// Sessions open streams on it; it ends with the worker, or when it breaks.
/// </summary>
internal sealed class EngineMultiplexedConnection : MultiplexedConnection, IThreadPoolWorkItem, IAsyncDisposable
{
    private readonly FramedChannel _channel;
    private readonly FramedConnectionOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly EngineArrivals _arrivals;
    private readonly Task _reading;

    private readonly Action _sent;

    // Belongs to the work item that writes, of which there is one at a time.
    private bool _isPutOff;

    // Belongs to whoever writes, of whom there is one at a time.
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _send;

    /// <param name="channel">A verified channel of role multiplex; owned.</param>
    /// <param name="options">Limits.</param>
    /// <param name="timeProvider">The clock.</param>
    internal EngineMultiplexedConnection(FramedChannel channel, FramedConnectionOptions options, TimeProvider timeProvider)
        : base(StreamDirection.Responses, options.FrameLimit)
    {
        _channel = channel;
        _options = options;
        _timeProvider = timeProvider;
        _sent = OnSent;
        _arrivals = new EngineArrivals(() => Flush(isWoken: false), Output);

        // What goes on on the reader's thread is the loop below and nothing else: whoever waits for a result is told elsewhere.
        channel.SetContinuesInline(true);

        // The loop outlives the call that opens the connection, so it keeps nothing of that call's context.
        using AsyncFlowControl flow = ExecutionContext.SuppressFlow();
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Ends the connection because the worker is gone: what it has said is still taken.</summary>
    internal void EndBoth() => _channel.Bytes.EndBoth();

    public async ValueTask DisposeAsync()
    {
        _channel.Bytes.Abort();
        await _reading.ConfigureAwait(false);
        await _channel.DisposeAsync().ConfigureAwait(false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (!_isPutOff && !_arrivals.IsEmpty)
        {
            // An idle thread has come for the first message of many. Those that are being told send the rest, and write all of it in the end; if one of them never comes back, the next attempt writes.
            _isPutOff = true;
            WakeWriter();
            _arrivals.Run();
            return;
        }

        _isPutOff = false;
        Flush(isWoken: true);
    }

    /// <summary>Behind whatever waits in the thread pool already.</summary>
    protected override bool WakeWriter() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    /// <inheritdoc/>
    internal override void Deliver(MultiplexedStream stream) => _arrivals.Add(stream);

    private void Flush(bool isWoken)
    {
        if (Output.TryBeginWriting(isWoken))
        {
            Write();
        }
    }

#pragma warning disable RS0030, CA2012 // What is asked for its result has ended, so nobody waits; and it is asked once.

    // Not an asynchronous method, because nobody waits for it: one that a full socket holds up would be allocated each time, and it is with every large batch.
    private void Write()
    {
        try
        {
            while (Output.TryTake(out ReadOnlyMemory<byte> bytes))
            {
                _send = _channel.Bytes.SendAsync(bytes, default).ConfigureAwait(false).GetAwaiter();
                if (!_send.IsCompleted)
                {
                    _send.UnsafeOnCompleted(_sent);
                    return;
                }

                _send.GetResult();
            }
        }
        catch (Exception exception)
        {
            EndWriting(exception);
        }
    }

    private void OnSent()
    {
        try
        {
            _send.GetResult();
        }
        catch (Exception exception)
        {
            EndWriting(exception);
            return;
        }

        Write();
    }

#pragma warning restore RS0030, CA2012

    // What the worker has said before is still read, and then the end. A channel that fails in another way than its contract says is not waited for.
    private void EndWriting(Exception exception)
    {
        Output.Fail(exception.Message);
        if (exception is IOException)
        {
            _channel.Bytes.EndBoth();
        }
        else
        {
            _channel.Bytes.Abort();
        }
    }

    private async Task ReadAsync()
    {
        FrameFault? fault;
        try
        {
            fault = await ReadUntilEndAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            fault = new FrameFault($"it failed with {exception.GetType().Name}: {exception.Message}");
        }

        EndStreams(fault);
        if (fault is { IsViolation: true })
        {
            await LingerAsync().ConfigureAwait(false);
        }

        _channel.Bytes.Abort();
    }

    private async Task<FrameFault?> ReadUntilEndAsync()
    {
        using var stall = new StallGuard(_options.FrameStallTimeout, _timeProvider, _channel.Bytes.Abort);
        var buffer = new ReceiveBuffer();
        while (true)
        {
            int count;
            try
            {
                ValueTask<int> receive = _channel.Bytes.ReceiveAsync(buffer.Free, CancellationToken.None);
                if (!buffer.IsEmpty && !receive.IsCompleted)
                {
                    stall.Arm();
                }

                count = await receive.ConfigureAwait(false);
            }
            catch (IOException exception)
            {
                return stall.Fault ?? new FrameFault(exception.Message);
            }
            finally
            {
                stall.Disarm();
            }

            if (count == 0)
            {
                return buffer.EndOfStream();
            }

            if (TakeFrom(buffer, count) is { } fault)
            {
                return fault;
            }
        }
    }

    private FrameFault? TakeFrom(ReceiveBuffer buffer, int count)
    {
        buffer.Commit(count);
        ReadOnlySpan<byte> received = buffer.Received;
        _arrivals.BeginReceived();
        try
        {
            return Take(ref received);
        }
        finally
        {
            _arrivals.EndReceived();
            buffer.Keep(received.Length);
        }
    }

    // The worker may read why it is dropped, or at least that.
    private async Task LingerAsync()
    {
        using ITimer timer = _timeProvider.CreateTimer(static state => ((ByteChannel)state!).Abort(), _channel.Bytes, LingeringClose.Limit, Timeout.InfiniteTimeSpan);
        try
        {
            _channel.Bytes.ShutdownSend();
            byte[] dropped = GC.AllocateUninitializedArray<byte>(16 * 1024);
            while (await _channel.Bytes.ReceiveAsync(dropped, CancellationToken.None).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (IOException)
        {
            // The worker is gone, or the time is over: either way there is nothing left to wait for.
        }
    }
}
