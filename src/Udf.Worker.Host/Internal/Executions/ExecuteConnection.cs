using Microsoft.Extensions.Logging;
using Udf.Worker.Transport;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Host.Internal;

/// <summary>
/// One execute connection: a blocking loop on a thread of its own. While the function computes or its output waits for the engine, nothing is read: that is the back-pressure.
/// </summary>
/// <remarks>All members belong to the connection's thread, but <see cref="Stop"/>.</remarks>
internal sealed partial class ExecuteConnection : ExecutionServer
{
    private readonly ByteChannel _channel;

    internal ExecuteConnection(ByteChannel channel, WorkerCore worker)
        : base(new FrameWriter(channel), worker) => _channel = channel;

    /// <summary>Serves the connection until it ends. Blocks; throws nothing.</summary>
    internal void Run()
    {
        UdfWorkerOptions options = Worker.Options;
        (_channel as SocketByteChannel)?.SetPolling(options.PollBeforeWait, options.TimeProvider);
        using FrameReader reader = new(_channel, Worker.FrameLimit, options.FrameStallTimeout, options.TimeProvider);
        Worker.Executions.Add(this);
        try
        {
            while (!IsOver)
            {
                long began = Now;
                ReceivedFrame frame = reader.Receive();
                using (frame.Buffer)
                {
                    Handle(frame, began);
                }
            }

            if (!IsBroken)
            {
                LingeringClose.Run(_channel, options.TimeProvider);
            }
        }
#pragma warning disable CA1031 // A defect of this loop costs one connection, not the worker.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.LoopFailed(Logger, exception, _channel.Description);
        }
        finally
        {
            Worker.Executions.Remove(this);
            Leave();
            _channel.Abort();
        }
    }

    /// <inheritdoc/>
    public override void Stop(ExecutionStop stop, string reason)
    {
        base.Stop(stop, reason);

        // Wakes a receive that blocks; at the end also a send for which there is nobody any more.
        if (stop == ExecutionStop.End)
        {
            _channel.Abort();
        }
        else
        {
            _channel.ShutdownReceive();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(402, LogLevel.Error, "The connection to {Peer} was given up because of a defect of the worker.", EventName = "ExecuteConnectionFailed")]
        public static partial void LoopFailed(ILogger logger, Exception exception, string peer);
    }
}
