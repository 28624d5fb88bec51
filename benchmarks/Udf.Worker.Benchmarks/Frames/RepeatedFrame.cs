using Udf.Worker.Protocol;

namespace Udf.Worker.Benchmarks.Frames;

/// <summary>A stream in which the same frame comes again and again, as a socket delivers it: as many bytes as there is room for, whole frames or not.</summary>
internal sealed class RepeatedFrame
{
    private readonly byte[] _frames;
    private readonly int _frameBytes;
    private int _position;

    /// <param name="frame">The frame.</param>
    /// <param name="minimumBytes">At least so many bytes are delivered at once, if there is room: small frames come together.</param>
    internal RepeatedFrame(byte[] frame, int minimumBytes)
    {
        _frameBytes = frame.Length;
        _frames = new byte[(minimumBytes + frame.Length - 1) / frame.Length * frame.Length];
        for (int offset = 0; offset < _frames.Length; offset += frame.Length)
        {
            frame.CopyTo(_frames, offset);
        }
    }

    internal int Receive(Span<byte> destination)
    {
        int count = Math.Min(destination.Length, _frames.Length - _position);
        _frames.AsSpan(_position, count).CopyTo(destination);
        _position = (_position + count) % _frames.Length;
        return count;
    }

    internal void CopyMessage(Span<byte> destination) => _frames.AsSpan(FrameHeader.SizeBytes, _frameBytes - FrameHeader.SizeBytes).CopyTo(destination);
}
