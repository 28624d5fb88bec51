using Microsoft.Extensions.Logging;
using Udf.Worker.Protocol;
using Udf.Worker.Transport;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Host.Internal;

/// <summary>
/// A multiplexed connection on the worker's side: its thread reads and never waits for anything else, and functions run elsewhere. What they say is written by the threads on which they run;
/// a writer of its own writes what anybody else says, and looks after those threads: what they have not written for <see cref="ExecutionThreads.Patience"/>, it writes for them.
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
    private volatile bool _isWriterDue;
    private bool _isOver;

    internal WorkerMultiplexedConnection(ByteChannel channel, WorkerCore worker)
        : base(StreamDirection.Requests, worker.FrameLimit)
    {
        _channel = channel;
        _worker = worker;
        _writer = new Thread(RunWriter, 128 * 1024) { IsBackground = true, Name = "udf-multiplex-writer" };
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

    /// <summary>Writes what there is to write, unless somebody is writing, who takes it along.</summary>
    internal void Write() => Write(isWoken: false);

    /// <summary>Leaves to the writer's thread what there is to write.</summary>
    internal void CallWriter()
    {
        lock (_writerGate)
        {
            _isWriterWanted = true;
            Monitor.Pulse(_writerGate);
        }
    }

    /// <inheritdoc/>
    protected override bool WakeWriter()
    {
        if (!ExecutionThreads.IsWrittenHere(this))
        {
            CallWriter();
            return true;
        }

        // Whoever says more meanwhile, and does not write it, wakes the writer all the same.
        if (!_isWriterDue)
        {
            lock (_writerGate)
            {
                _isWriterDue = true;
                Monitor.Pulse(_writerGate);
            }
        }

        return false;
    }

    /// <inheritdoc/>
    protected override void WriteBeforeBlocking()
    {
        if (ExecutionThreads.IsWrittenHere(this))
        {
            Write();
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
                if (!_isWriterDue)
                {
                    Monitor.Wait(_writerGate);
                }
                else if (!Monitor.Wait(_writerGate, ExecutionThreads.Patience))
                {
                    // Most often it is written long since.
                    break;
                }
            }

            _isWriterWanted = false;
            _isWriterDue = false;
            return !_isOver;
        }
    }

    private void RunWriter()
    {
        while (IsWriterWanted())
        {
            Write(isWoken: true);
        }
    }

    private void Write(bool isWoken)
    {
        if (!Output.TryBeginWriting(isWoken))
        {
            return;
        }

        try
        {
            while (Output.TryTake(out ReadOnlyMemory<byte> bytes))
            {
                _channel.Send(bytes, default);
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
