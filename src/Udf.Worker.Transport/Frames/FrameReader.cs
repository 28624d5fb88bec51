using System.Runtime.CompilerServices;
using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// Reads frames from a channel, in either of its two ways. A wait that is cancelled loses nothing: the next call goes on in the middle of the frame.
/// A connection that breaks is an answer here, not an exception.
/// </summary>
/// <remarks>One reader at a time. Does not own the channel.</remarks>
internal sealed class FrameReader : IFrameReader, IDisposable
{
    private readonly ByteChannel _channel;
    private readonly FrameAssembler _assembler;
    private readonly StallGuard _stall;

    internal FrameReader(ByteChannel channel, FrameLimit limit, TimeSpan stallTimeout, TimeProvider timeProvider, AlignedBufferPool? pool = null, bool separatesData = true)
    {
        _channel = channel;
        _assembler = new FrameAssembler(limit, pool ?? AlignedBufferPool.Shared, separatesData, channel.ReceivesInTwo);
        _stall = new StallGuard(stallTimeout, timeProvider, channel.Abort);
    }

    /// <summary>Whether bytes have been received that no frame has been made of yet. Not while somebody reads.</summary>
    public bool HasBytes => _assembler.IsInsideFrame;

    /// <summary>Bytes that were received before the reader was made.</summary>
    internal void Append(ReadOnlySpan<byte> bytes) => _assembler.Append(bytes);

    /// <summary>Waits for the next frame.</summary>
    /// <exception cref="OperationCanceledException">The token fell.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReceivedFrame> ReceiveAsync(CancellationToken cancellationToken)
    {
        ReceivedFrame frame;
        while (!_assembler.TryTake(out frame))
        {
            int count;
            try
            {
                ValueTask<int> receive = _channel.ReceiveAsync(_assembler.Free, _assembler.Ahead, cancellationToken);
                if (_assembler.IsInsideFrame && !receive.IsCompleted)
                {
                    _stall.Arm();
                }

                count = await receive.ConfigureAwait(false);
            }
            catch (IOException exception)
            {
                return Lost(exception);
            }
            finally
            {
                _stall.Disarm();
            }

            if (count == 0)
            {
                return _assembler.EndOfStream();
            }

            _assembler.Commit(count);
        }

        return frame;
    }

    /// <summary>Blocks for the next frame.</summary>
    internal ReceivedFrame Receive()
    {
        ReceivedFrame frame;
        while (!_assembler.TryTake(out frame))
        {
            int count;
            try
            {
                if (_assembler.IsInsideFrame)
                {
                    _stall.Arm();
                }

                count = _channel.Receive(_assembler.Free, _assembler.Ahead);
            }
            catch (IOException exception)
            {
                return Lost(exception);
            }
            finally
            {
                _stall.Disarm();
            }

            if (count == 0)
            {
                return _assembler.EndOfStream();
            }

            _assembler.Commit(count);
        }

        return frame;
    }

    public void Dispose()
    {
        _stall.Dispose();
        _assembler.Dispose();
    }

    private ReceivedFrame Lost(IOException exception) => ReceivedFrame.Broken(_stall.Fault ?? new FrameFault(exception.Message));
}
