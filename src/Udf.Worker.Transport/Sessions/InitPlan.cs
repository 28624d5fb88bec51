using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Transport.Internal;

/// <summary>The beginning of one execution as it goes to the worker: <c>Init</c>, and the chunks of its payload if it does not travel inside. Immutable.</summary>
internal sealed class InitPlan
{
    /// <summary>What a chunk needs besides the bytes that it carries, at most.</summary>
    private const int ChunkRoomBytes = 32;

    private readonly ReadOnlyMemory<byte> _chunked;
    private readonly int _chunkBytes;

    private InitPlan(UdfRequest message, ReadOnlyMemory<byte> chunked, int chunkBytes)
    {
        Message = message;
        _chunked = chunked;
        _chunkBytes = chunkBytes;
    }

    /// <summary>The <c>Init</c>.</summary>
    internal UdfRequest Message { get; }

    internal bool IsChunking => !_chunked.IsEmpty;

    internal int ChunkCount => (int)((_chunked.Length + (long)_chunkBytes - 1) / _chunkBytes);

    /// <summary>Decides how a payload travels.</summary>
    /// <param name="init">What to send.</param>
    /// <param name="executionId">The id of the execution.</param>
    /// <param name="chunkAboveBytes">A longer payload travels in chunks of this size.</param>
    /// <param name="maxFrameBytes">The longest message that the worker takes.</param>
    /// <exception cref="WorkerInitException">The worker does not take as much, even without the payload.</exception>
    /// <exception cref="ArgumentException">A map holds a <see langword="null"/>.</exception>
    internal static InitPlan Create(WorkerInit init, string executionId, int chunkAboveBytes, int maxFrameBytes)
    {
        ReadOnlyMemory<byte> content = init.Payload.Content;
        int chunkBytes = Math.Max(1, Math.Min(chunkAboveBytes, maxFrameBytes - ChunkRoomBytes));
        if (content.Length <= chunkBytes)
        {
            UdfRequest whole = InitMessages.CreateInit(init, executionId, isChunking: false);
            if (whole.CalculateSize() <= maxFrameBytes)
            {
                return new InitPlan(whole, default, chunkBytes);
            }
        }

        // Also what is short, but not short enough beside all the rest.
        UdfRequest first = InitMessages.CreateInit(init, executionId, isChunking: !content.IsEmpty);
        int firstBytes = first.CalculateSize();
        if (firstBytes > maxFrameBytes)
        {
            throw new WorkerInitException(
                $"Init has {firstBytes} bytes without its payload, which is longer than the worker takes: its frames have {maxFrameBytes} bytes at most, as it said when it was connected. Make schemas, parameters, configuration or task context shorter, or raise the limit of the worker.");
        }

        return new InitPlan(first, content, chunkBytes);
    }

    internal bool IsLast(int index) => index == ChunkCount - 1;

    internal UdfRequest CreateChunk(int index)
    {
        int offset = index * _chunkBytes;
        return InitMessages.CreateChunk(_chunked.Slice(offset, Math.Min(_chunkBytes, _chunked.Length - offset)), IsLast(index));
    }
}
