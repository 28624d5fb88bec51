namespace Udf.Worker.Host;

/// <summary>Where a function's batches go.</summary>
/// <remarks>May be used from any thread, one call after another in the order in which they are made, until the member of the function that was given it has completed.</remarks>
public abstract class UdfOutput
{
    /// <summary>Falls when the execution is cancelled; nothing can be sent any more then.</summary>
    public abstract CancellationToken CancellationToken { get; }

    /// <summary>Sends a batch at once. Blocks while the caller of the function is slower than the function: that is the back-pressure, and it bounds the memory of both sides.</summary>
    /// <param name="batch">The batch; may be empty if the data format has empty batches. Not kept after the call.</param>
    /// <exception cref="OperationCanceledException">The execution was cancelled, or nobody is there to take the batch. Let it pass.</exception>
    public abstract void Send(ReadOnlyMemory<byte> batch);

    /// <summary>The same as <see cref="Send"/>, which it is built on, for asynchronous code.</summary>
    /// <inheritdoc cref="Send"/>
    /// <returns>A task that has completed.</returns>
    public virtual ValueTask SendAsync(ReadOnlyMemory<byte> batch)
    {
        Send(batch);
        return default;
    }
}
