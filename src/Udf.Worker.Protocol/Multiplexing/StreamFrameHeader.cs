using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Udf.Worker.Protocol;

/// <summary>The nine bytes before each frame of a multiplexed connection: kind, stream and length, big-endian.</summary>
public readonly record struct StreamFrameHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int SizeBytes = 9;

    /// <summary>The most bytes that follow a header.</summary>
    public const int MaxContentBytes = 65_536;

    /// <summary>Bytes that follow the header of a <see cref="StreamFrameKind.Window"/>.</summary>
    public const int WindowBytes = 4;

    /// <summary>Creates the header of a frame.</summary>
    /// <param name="kind">What it carries.</param>
    /// <param name="stream">The stream that it belongs to.</param>
    /// <param name="contentBytes">Bytes that follow.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="contentBytes"/> is negative or above <see cref="MaxContentBytes"/>.</exception>
    public StreamFrameHeader(StreamFrameKind kind, uint stream, int contentBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(contentBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(contentBytes, MaxContentBytes);
        Kind = kind;
        Stream = stream;
        ContentBytes = contentBytes;
    }

    /// <summary>What the frame carries.</summary>
    public StreamFrameKind Kind { get; }

    /// <summary>The stream that it belongs to; 0 for the connection.</summary>
    public uint Stream { get; }

    /// <summary>Bytes that follow.</summary>
    public int ContentBytes { get; }

    /// <summary>Reads a header and judges what can be judged of it alone.</summary>
    /// <param name="source">At least <see cref="SizeBytes"/> bytes.</param>
    /// <param name="header">The header, if it is one.</param>
    /// <param name="error">Why the frame is broken, if it is: nothing more can be read after it.</param>
    /// <returns>Whether the frame may be read.</returns>
    /// <exception cref="ArgumentException"><paramref name="source"/> is too short.</exception>
    public static bool TryParse(ReadOnlySpan<byte> source, out StreamFrameHeader header, [NotNullWhen(false)] out MultiplexError? error)
    {
        RequireSize(source.Length, nameof(source));
        var kind = (StreamFrameKind)source[0];
        uint stream = BinaryPrimitives.ReadUInt32BigEndian(source[1..]);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(source[5..]);
        header = default;

        // The kind first: the length of a connection that is out of step means nothing.
        error = kind switch
        {
            > StreamFrameKind.Reset => MultiplexError.UnknownKind(kind, stream),
            _ when length > MaxContentBytes => MultiplexError.TooLong(kind, stream, length),
            StreamFrameKind.Window when length != WindowBytes => MultiplexError.WrongLength(kind, stream, length),
            StreamFrameKind.Reset when length == 0 => MultiplexError.WrongLength(kind, stream, length),
            _ => null,
        };
        if (error is not null)
        {
            return false;
        }

        header = new StreamFrameHeader(kind, stream, (int)length);
        return true;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="SizeBytes"/> bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public void Write(Span<byte> destination)
    {
        RequireSize(destination.Length, nameof(destination));
        destination[0] = (byte)Kind;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], Stream);
        BinaryPrimitives.WriteUInt32BigEndian(destination[5..], (uint)ContentBytes);
    }

    /// <summary>Writes a whole window frame.</summary>
    /// <param name="destination">At least <see cref="SizeBytes"/> and <see cref="WindowBytes"/> bytes.</param>
    /// <param name="stream">The stream; 0 for the initial window of all.</param>
    /// <param name="bytes">So many bytes may be sent further.</param>
    /// <returns>The number of bytes written.</returns>
    public static int WriteWindow(Span<byte> destination, uint stream, uint bytes)
    {
        new StreamFrameHeader(StreamFrameKind.Window, stream, WindowBytes).Write(destination);
        BinaryPrimitives.WriteUInt32BigEndian(destination[SizeBytes..], bytes);
        return SizeBytes + WindowBytes;
    }

    /// <summary>Reads what a window frame says.</summary>
    /// <param name="content">What follows its header: <see cref="WindowBytes"/> bytes.</param>
    public static uint ReadWindow(ReadOnlySpan<byte> content) => BinaryPrimitives.ReadUInt32BigEndian(content);

    private static void RequireSize(int length, string name)
    {
        if (length < SizeBytes)
        {
            throw new ArgumentException($"The header of a multiplexed frame has {SizeBytes} bytes; there is room for {length}.", name);
        }
    }
}
