using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// One execution on a multiplexed connection, as either side has it. What it holds is bounded: the window and a frame of what was received and not taken, the message that is being taken, and the one that is being sent.
/// </summary>
/// <remarks>One reader and one writer at a time; <see cref="Abort"/> from any thread.</remarks>
internal sealed partial class MultiplexedStream : ExecutionChannel, IFrameReader, IFrameWriter
{
    /// <summary>A longer message is not kept room for: there are many streams, and most have one such message at most, in the beginning.</summary>
    private const int KeptBytes = 4 * 1024;

    private static readonly StreamReset NotWanted = new(StreamResetCode.NotWanted, "The execution is not wanted any more.");

    private readonly MultiplexedConnection _connection;
    private readonly OutgoingStream _outgoing = new();
    private byte[] _encoded = new byte[DataMessage.LongFramePrefixBytes];

    internal MultiplexedStream(MultiplexedConnection connection, StreamDirection received, FrameLimit limit)
    {
        _connection = connection;
        _limit = limit;
        _receiving = new StreamReceiving(received, limit);
        _message = new IncomingMessage(received, limit.MaxFrameBytes);
        _cancelsOnCancellation = received == StreamDirection.Requests;
    }

    /// <summary>Its number; 0 before it is opened.</summary>
    internal uint Number => _outgoing.Number;

    internal OutgoingStream Outgoing => _outgoing;

    /// <summary>Who serves it without waiting, on the worker's side. Set before the first frame is received.</summary>
    internal IStreamObserver? Observer { get; set; }

    /// <summary>Whether it was ended on this side. Guarded by the connection.</summary>
    internal bool IsForgotten { get; set; }

    /// <inheritdoc/>
    internal override IFrameReader Reader => this;

    /// <inheritdoc/>
    internal override IFrameWriter Writer => this;

    /// <summary>True: the connection was verified before there was a stream on it.</summary>
    internal override bool IsVerified => true;

    /// <inheritdoc/>
    [ExcludeFromCodeCoverage(Justification = "Never asked: it is verified.")]
    internal override ValueTask<WorkerPrefaceCheck> VerifyAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("The connection is verified.");

    /// <inheritdoc/>
    public ValueTask SendDataAsync(ReadOnlyMemory<byte> payload) => _connection.Output.SendAsync(_outgoing, Data(payload));

    /// <inheritdoc/>
    public void SendData(ReadOnlyMemory<byte> payload) => _connection.Output.Send(_outgoing, Data(payload));

    /// <inheritdoc/>
    public ValueTask SendAsync(IMessage message)
    {
        OutgoingMessage outgoing = Encode(message, out bool opens);
        return opens ? _connection.OpenAsync(this, outgoing) : _connection.Output.SendAsync(_outgoing, outgoing);
    }

    /// <inheritdoc/>
    public void Send(IMessage message) => _connection.Output.Send(_outgoing, Encode(message, out _));

    /// <inheritdoc/>
    internal override void DiscardInput() => _connection.Output.Discard(_outgoing);

    /// <summary>Ends the stream, and says so unless it has ended.</summary>
    internal override void Abort() => End(NotWanted, new FrameFault("it was given up by this side"));

    /// <summary>Ends the stream: nothing more is sent on it but the reset, and what still comes is dropped.</summary>
    internal void End(StreamReset? reset, FrameFault fault)
    {
        bool wasOpen = _connection.Forget(this);
        _connection.Output.End(_outgoing, fault.Message, wasOpen ? reset : null);
        Lose(fault, keepsFrames: false);
    }

    /// <summary>The stream has had its last word: nothing is sent any more, and what still comes is dropped.</summary>
    internal void Complete() => End(reset: null, new FrameFault("the execution has ended"));

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        // A session gives back only what has ended or was aborted; one that was never begun has nothing to say. Nobody waits any more.
        Complete();
        _onCancel.Unregister();
        return ValueTask.CompletedTask;
    }

    private OutgoingMessage Data(ReadOnlyMemory<byte> payload)
    {
        // What stands before the payload is that of an ordinary frame without its header.
        int count = DataMessage.WriteFramePrefix(_encoded, payload.Length);
        return new OutgoingMessage(_encoded.AsMemory(FrameHeader.SizeBytes, count - FrameHeader.SizeBytes), payload, Costs: true, IsDroppable: true);
    }

    private OutgoingMessage Encode(IMessage message, out bool opens)
    {
        int length = message.CalculateSize();
        byte[] encoded = _encoded.Length >= length ? _encoded : GC.AllocateUninitializedArray<byte>(length);
        if (length <= KeptBytes)
        {
            _encoded = encoded;
        }

        message.WriteTo(encoded.AsSpan(0, length));
        UdfControlRequest.ControlOneofCase? request = (message as UdfRequest)?.Control?.ControlCase;
        opens = request == UdfControlRequest.ControlOneofCase.Init;
        bool isChunk = request == UdfControlRequest.ControlOneofCase.Payload;
        return new OutgoingMessage(encoded.AsMemory(0, length), default, Costs: opens || isChunk, IsDroppable: isChunk);
    }
}
