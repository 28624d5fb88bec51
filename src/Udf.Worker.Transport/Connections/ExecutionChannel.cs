using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>What carries one execution: a connection of its own, or a stream of a connection that it shares. Its session does not know which.</summary>
internal abstract class ExecutionChannel : IAsyncDisposable
{
    /// <summary>What comes from the worker.</summary>
    internal abstract IFrameReader Reader { get; }

    /// <summary>What goes to the worker.</summary>
    internal abstract IFrameWriter Writer { get; }

    /// <summary>Whether the worker's answer to the preface has been read and verified.</summary>
    internal abstract bool IsVerified { get; }

    /// <summary>Reads the worker's answer to the preface.</summary>
    /// <exception cref="IOException">The connection broke before the answer.</exception>
    /// <exception cref="OperationCanceledException">The token fell; nothing is lost, the next call goes on.</exception>
    internal abstract ValueTask<WorkerPrefaceCheck> VerifyAsync(CancellationToken cancellationToken);

    /// <summary>Drops input that waits for room and of which nothing has been sent, now and from now on: a cancellation is to follow. Does nothing where the carrier itself holds the input up.</summary>
    internal virtual void DiscardInput()
    {
    }

    /// <summary>Sets whether who awaits a frame goes on on the thread that has received it, where that is nobody else's. Thread safe.</summary>
    internal virtual void SetContinuesInline(bool value)
    {
    }

    /// <summary>Sets how long who awaits a frame looks for it himself before he sleeps, where the carrier can do that and is nobody else's; zero for not at all. Thread safe.</summary>
    internal virtual void SetPolling(TimeSpan limit, TimeProvider timeProvider)
    {
    }

    /// <summary>Ends the channel at once; what is waiting on it fails. Idempotent, from any thread.</summary>
    internal abstract void Abort();

    /// <summary>Lets go of the channel and its buffers. Nothing may be in flight on it: who is not sure calls <see cref="Abort"/> first and waits.</summary>
    public abstract ValueTask DisposeAsync();
}
