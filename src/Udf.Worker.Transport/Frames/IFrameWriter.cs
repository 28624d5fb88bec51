using Google.Protobuf;

namespace Udf.Worker.Transport.Internal;

/// <summary>Where the messages of an execution go, in either of two ways: without a thread, or blocking.</summary>
/// <remarks>One writer at a time.</remarks>
internal interface IFrameWriter
{
    /// <summary>Sends a batch. The payload is kept until the task ends, and not longer.</summary>
    /// <exception cref="IOException">It cannot be sent any more.</exception>
    ValueTask SendDataAsync(ReadOnlyMemory<byte> payload);

    /// <summary>Sends a message.</summary>
    /// <exception cref="IOException">It cannot be sent any more.</exception>
    ValueTask SendAsync(IMessage message);

    /// <summary>Sends a batch, and blocks until it is taken.</summary>
    /// <exception cref="IOException">It cannot be sent any more.</exception>
    void SendData(ReadOnlyMemory<byte> payload);

    /// <summary>Sends a message, and blocks until it is taken.</summary>
    /// <exception cref="IOException">It cannot be sent any more.</exception>
    void Send(IMessage message);
}
