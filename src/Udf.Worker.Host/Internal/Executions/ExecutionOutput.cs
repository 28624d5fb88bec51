using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Host.Internal;

/// <summary>The output of one execution: straight to the connection, by whoever sends.</summary>
internal sealed class ExecutionOutput(IFrameWriter writer, ExecutionMeter meter, CancellationToken cancellationToken) : UdfOutput
{
    // Held while a batch is sent: a function may send from several threads, and a closed output is never written to again.
    private readonly Lock _gate = new();
    private bool _isClosed;

    public override CancellationToken CancellationToken => cancellationToken;

    /// <summary>Whether a batch could not be sent because the connection is broken.</summary>
    internal bool IsBroken { get; private set; }

    public override void Send(ReadOnlyMemory<byte> batch)
    {
        lock (_gate)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_isClosed)
            {
                throw new OperationCanceledException("The execution takes no more output: it was cancelled, has failed or has ended.");
            }

            long began = meter.Now;
            try
            {
                writer.SendData(batch);
            }
            catch (IOException exception)
            {
                IsBroken = true;
                _isClosed = true;
                throw new OperationCanceledException("The caller of the function is gone.", exception);
            }

            meter.Sent(batch.Length, began);
        }
    }

    /// <summary>Nothing more is sent. Waits for a batch that is being sent by another thread.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }
}
