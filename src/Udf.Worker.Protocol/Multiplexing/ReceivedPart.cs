namespace Udf.Worker.Protocol;

/// <summary>What <see cref="StreamReceiving"/> found out about a frame of a message.</summary>
/// <param name="CostBytes">What is to be given back to <see cref="StreamReceiving.Consumed"/>, besides the frame's length, when the frame has been consumed.</param>
/// <param name="IsFirst">Whether a message begins with it.</param>
/// <param name="IsLast">Whether a message ends with it.</param>
/// <param name="IsCancellation">Whether it ends a <c>Cancel</c> or <c>CancelResponse</c>: what is queued before it is dropped.</param>
/// <param name="IsOverLimit">Whether the message is longer than is taken: the stream is to be reset, and it alone.</param>
public readonly record struct ReceivedPart(int CostBytes, bool IsFirst, bool IsLast, bool IsCancellation, bool IsOverLimit);
