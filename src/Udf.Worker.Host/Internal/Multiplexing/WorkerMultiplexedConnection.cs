using Microsoft.Extensions.Logging;
using Udf.Worker.Protocol;
using Udf.Worker.Transport;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Host.Internal;

/// <summary>
/// A multiplexed connection on the worker's side: its thread reads and never waits for anything else, a second one writes, and functions run on neither.
/// </summary>
internal sealed partial class WorkerMultiplexedConnection : MultiplexedConnection, IStoppable
{
    private readonly ByteChannel _channel;
    private readonly WorkerCore _worker;
    private readonly Thread _writer;
    private readonly object _writerGate = new();

    // The reader's alone: what one receive has made ready is scheduled together.
    private readonly List<MultiplexedExecution> _due = [];
    private int _readerThreadId;

    // Guarded by _writerGate.
    private bool _isWriterWanted;
    private bool _isOver;

    internal WorkerMultiplexedConnection(ByteChannel channel, WorkerCore worker)
        : base(StreamDirection.Requests, worker.FrameLimit)
    {
        _channel = channel;
        _worker = worker;
        _writer = new Thread(Write, 128 * 1024) { IsBackground = true, Name = "udf-multiplex-writer" };
    }

    /// <summary>Serves the connection until it ends. Blocks; throws nothing.</summary>
    internal void Run()
    {
        _worker.Executions.Add(this);
        Volatile.Write(ref _readerThreadId, Environment.CurrentManagedThreadId);
        FrameFault? fault = null;
        try
        {
            _writer.Start();
            fault = ReadUntilEnd();
        }
#pragma warning disable CA1031 // A defect of this loop costs one connection, not the worker.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            fault = new FrameFault(exception.Message);
            Log.LoopFailed(_worker.Logger, exception, _channel.Description);
        }

        _worker.Executions.Remove(this);
        EndStreams(fault);
        Volatile.Write(ref _readerThreadId, 0);
        _worker.ExecutionThreads.Schedule(_due);
        if (fault is { IsViolation: true })
        {
            Log.Violated(_worker.Logger, fault.Message);
            LingeringClose.Run(_channel, _worker.Options.TimeProvider);
        }

        _channel.Abort();
        lock (_writerGate)
        {
            _isOver = true;
            Monitor.Pulse(_writerGate);
        }
    }

    /// <inheritdoc/>
    public void Stop(ExecutionStop stop, string reason)
    {
        // What is asked for short of the end is the business of each execution.
        if (stop == ExecutionStop.End)
        {
            _channel.Abort();
        }
    }

    /// <summary>Lets an execution run: at once, or when the reader has put down everything that it has received.</summary>
    internal void Schedule(MultiplexedExecution execution)
    {
        if (Environment.CurrentManagedThreadId == Volatile.Read(ref _readerThreadId))
        {
            _due.Add(execution);
        }
        else
        {
            _worker.ExecutionThreads.Schedule(execution);
        }
    }

    /// <inheritdoc/>
    protected override void WakeWriter()
    {
        lock (_writerGate)
        {
            _isWriterWanted = true;
            Monitor.Pulse(_writerGate);
        }
    }

    /// <inheritdoc/>
    protected override void Serve(MultiplexedStream stream) => stream.Observer = new MultiplexedExecution(stream, this, _worker);

    private FrameFault? ReadUntilEnd()
    {
        UdfWorkerOptions options = _worker.Options;
        using var stall = new StallGuard(options.FrameStallTimeout, options.TimeProvider, _channel.Abort);
        var buffer = new ReceiveBuffer();
        while (true)
        {
            int count;
            try
            {
                if (!buffer.IsEmpty)
                {
                    stall.Arm();
                }

                count = _channel.Receive(buffer.Free);
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

            buffer.Commit(count);
            ReadOnlySpan<byte> received = buffer.Received;
            FrameFault? fault = Take(ref received);
            _worker.ExecutionThreads.Schedule(_due);
            if (fault is not null)
            {
                return fault;
            }

            buffer.Keep(received.Length);
        }
    }

    // Waits until there is something to write, or never will be.
    private bool IsWriterWanted()
    {
        lock (_writerGate)
        {
            while (!_isWriterWanted && !_isOver)
            {
                Monitor.Wait(_writerGate);
            }

            _isWriterWanted = false;
            return !_isOver;
        }
    }

    private void Write()
    {
        try
        {
            while (IsWriterWanted())
            {
                // Threads that are ready to run have something to say, too, most often. If there are none, this costs nothing.
                Thread.Yield();
                while (Output.TryTake(out ReadOnlyMemory<byte> bytes))
                {
                    _channel.Send(bytes, default);
                }
            }
        }
#pragma warning disable CA1031 // Whatever it is, nothing can be said to the engine any more, and the reader ends the rest.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Output.Fail(exception.Message);
            _channel.ShutdownReceive();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(407, LogLevel.Error, "The multiplexed connection to {Peer} was given up because of a defect of the worker.", EventName = "MultiplexedConnectionFailed")]
        public static partial void LoopFailed(ILogger logger, Exception exception, string peer);

        [LoggerMessage(408, LogLevel.Warning, "The engine broke a multiplexed connection, with all executions on it. {Violation}", EventName = "MultiplexedConnectionViolated")]
        public static partial void Violated(ILogger logger, string violation);
    }
}
