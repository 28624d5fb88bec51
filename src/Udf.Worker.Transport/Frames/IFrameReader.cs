namespace Udf.Worker.Transport.Internal;

/// <summary>Where the messages of an execution come from.</summary>
/// <remarks>One reader at a time.</remarks>
internal interface IFrameReader
{
    /// <summary>Whether something has been received that nobody has taken yet. Not while somebody reads.</summary>
    bool HasBytes { get; }

    /// <summary>Waits for the next frame. A wait that is cancelled loses nothing.</summary>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    ValueTask<ReceivedFrame> ReceiveAsync(CancellationToken cancellationToken);
}
