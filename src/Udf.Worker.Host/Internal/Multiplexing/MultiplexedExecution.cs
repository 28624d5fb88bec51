using Microsoft.Extensions.Logging;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Host.Internal;

/// <summary>One execution on a multiplexed connection. It takes a thread only while there is something to do, and never two at a time.</summary>
internal sealed partial class MultiplexedExecution : ExecutionServer, IStreamObserver
{
    /// <summary>So many messages are handled in one turn; then others that are ready have theirs.</summary>
    private const int MessagesPerTurn = 32;

    private readonly MultiplexedStream _stream;
    private readonly ExecutionThreads _threads;

    // 0: nothing to do. 1: a turn is due or runs. 2: a turn runs, and something has come since it began.
    private int _turns;
    private volatile bool _isCancelled;
    private bool _isFinished;
    private long _waitsSince;

    internal MultiplexedExecution(MultiplexedStream stream, WorkerMultiplexedConnection connection, WorkerCore worker)
        : base(stream, worker)
    {
        _stream = stream;
        Connection = connection;
        _threads = worker.ExecutionThreads;
        _waitsSince = Now;
        Worker.Executions.Add(this);
    }

    /// <summary>What it is on.</summary>
    internal WorkerMultiplexedConnection Connection { get; }

    /// <summary>Whether its last turn took so little that the next is likely to as well.</summary>
    internal bool IsQuick { get; private set; }

    /// <inheritdoc/>
    public void Readable() => Wake();

    /// <inheritdoc/>
    public void Cancelled()
    {
        _isCancelled = true;
        Interlocked.MemoryBarrier(); // See where an execution begins.
        Execution?.RequestCancel(reason: null);
    }

    /// <inheritdoc/>
    public override void Stop(ExecutionStop stop, string reason)
    {
        base.Stop(stop, reason);
        Wake();
    }

    /// <summary>Handles what has come. Called by one thread at a time, each time that it was scheduled.</summary>
    /// <returns>How long it took.</returns>
    internal TimeSpan RunTurn()
    {
        // A full fence: what is looked at from here on is not older than this, or a stop that comes now would be seen by nobody.
        Interlocked.Exchange(ref _turns, 1);
        long began = Now;
        bool isEmpty = false;
        try
        {
            isEmpty = !_isFinished && HandleSome();
        }
#pragma warning disable CA1031 // A defect here costs one execution, not the worker.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.Failed(Logger, exception);
            _stream.End(new StreamReset(StreamResetCode.Failure, "The worker has a defect."), new FrameFault("the worker has a defect"));
            Finish();
        }

        TimeSpan length = Worker.Options.TimeProvider.GetElapsedTime(began);
        IsQuick = length < ExecutionThreads.QuickTurn;
        if ((!isEmpty && !_isFinished) || Interlocked.CompareExchange(ref _turns, 0, 1) != 1)
        {
            _threads.Schedule(this);
        }

        return length;
    }

    /// <inheritdoc/>
    private protected override bool IsCancelled => _isCancelled;

    /// <inheritdoc/>
    private protected override void OnRefused(ExecutionError reason)
    {
        // Nothing of it has run: another worker may be tried.
        _stream.End(new StreamReset(StreamResetCode.Refused, ExecutionErrors.Describe(reason)), new FrameFault("it was refused"));
        IsBroken = true;
    }

    // Whether there is nothing more to do for now.
    private bool HandleSome()
    {
        ApplyStops();
        for (int count = 0; count < MessagesPerTurn && !HasTerminated; count++)
        {
            if (!_stream.TryReceive(out ReceivedFrame frame))
            {
                return true;
            }

            using (frame.Buffer)
            {
                Handle(frame, _waitsSince);
            }

            _waitsSince = Now;
        }

        if (HasTerminated)
        {
            Finish();
        }

        return false;
    }

    private void Finish()
    {
        _isFinished = true;
        Worker.Executions.Remove(this);
        Leave();
        _stream.Complete();
    }

    private void Wake()
    {
        int turns = Volatile.Read(ref _turns);
        while (turns != 2)
        {
            int seen = Interlocked.CompareExchange(ref _turns, turns + 1, turns);
            if (seen == turns)
            {
                if (turns == 0)
                {
                    Connection.Schedule(this);
                }

                return;
            }

            turns = seen;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(406, LogLevel.Error, "An execution on a multiplexed connection was given up because of a defect of the worker.", EventName = "MultiplexedExecutionFailed")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
