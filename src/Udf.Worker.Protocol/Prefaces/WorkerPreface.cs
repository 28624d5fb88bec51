using System.Buffers.Binary;
using Udf.Worker.Protocol.Internal;

namespace Udf.Worker.Protocol;

/// <summary>The 44 bytes with which a worker answers an <see cref="EnginePreface"/>.</summary>
public readonly struct WorkerPreface
{
    /// <summary>Bytes of this preface.</summary>
    public const int SizeBytes = MacOffset + Block32.SizeBytes;

    private const int MacOffset = 12;

    private readonly Block32 _mac;

    private WorkerPreface(byte version, PrefaceStatus status, ushort features, uint maxFrameBytes, in Block32 mac)
    {
        Version = version;
        Status = status;
        Features = features;
        MaxFrameBytes = maxFrameBytes;
        _mac = mac;
    }

    /// <summary>The version that the connection uses; with <see cref="PrefaceStatus.NoCommonVersion"/> the highest that the worker speaks.</summary>
    public byte Version { get; }

    /// <summary>The answer. May be a number that <see cref="PrefaceStatus"/> does not name.</summary>
    public PrefaceStatus Status { get; }

    /// <summary>The feature bits that the worker accepts, a subset of those offered.</summary>
    public ushort Features { get; }

    /// <summary>The longest message, in bytes, that the worker takes in a frame.</summary>
    public uint MaxFrameBytes { get; }

    /// <summary>Makes an answer, with its MAC.</summary>
    /// <param name="request">The preface that is answered.</param>
    /// <param name="version">The version to use.</param>
    /// <param name="status">The answer.</param>
    /// <param name="features">The feature bits accepted.</param>
    /// <param name="maxFrameBytes">The longest message that the worker takes.</param>
    /// <param name="token">The worker's token; null if it has none: the MAC is zeros then.</param>
    public static WorkerPreface Create(in EnginePreface request, byte version, PrefaceStatus status, ushort features, uint maxFrameBytes, WorkerToken? token)
    {
        WorkerPreface unsigned = new(version, status, features, maxFrameBytes, default);
        return new WorkerPreface(version, status, features, maxFrameBytes, unsigned.ComputeMac(request, token));
    }

    /// <summary>Reads an answer. Nothing is judged here; <see cref="WorkerPrefaceCheck"/> does.</summary>
    /// <param name="source">The first bytes from the worker; more than <see cref="SizeBytes"/> may be given.</param>
    /// <param name="preface">The answer.</param>
    /// <returns>False if there are fewer bytes, or other ones than the magic at their beginning.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out WorkerPreface preface)
    {
        preface = default;
        if (source.Length < SizeBytes || !source.StartsWith(PrefaceMagic.Bytes))
        {
            return false;
        }

        preface = new WorkerPreface(
            source[4],
            (PrefaceStatus)source[5],
            BinaryPrimitives.ReadUInt16BigEndian(source[6..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[8..]),
            new Block32(source[MacOffset..]));
        return true;
    }

    /// <summary>Writes the answer.</summary>
    /// <param name="destination">At least <see cref="SizeBytes"/> bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public void Write(Span<byte> destination)
    {
        if (destination.Length < SizeBytes)
        {
            throw new ArgumentException($"A preface has {SizeBytes} bytes; there is room for {destination.Length}.", nameof(destination));
        }

        WriteFields(destination);
        ((ReadOnlySpan<byte>)_mac).CopyTo(destination[MacOffset..]);
    }

    /// <summary>Whether who made this answer has the token and answers this request. Takes the same time whatever the answer.</summary>
    /// <param name="request">The preface that was sent.</param>
    /// <param name="token">The worker's token; null for a worker that was started without one.</param>
    public bool VerifyMac(in EnginePreface request, WorkerToken? token) => PrefaceMac.AreEqual(ComputeMac(request, token), _mac);

    private void WriteFields(Span<byte> destination)
    {
        PrefaceMagic.Bytes.CopyTo(destination);
        destination[4] = Version;
        destination[5] = (byte)Status;
        BinaryPrimitives.WriteUInt16BigEndian(destination[6..], Features);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], MaxFrameBytes);
    }

    private Block32 ComputeMac(in EnginePreface request, WorkerToken? token)
    {
        Span<byte> fields = stackalloc byte[MacOffset];
        Span<byte> nonce = stackalloc byte[EnginePreface.NonceBytes];
        WriteFields(fields);
        request.CopyNonceTo(nonce);
        return PrefaceMac.OfWorker(token, nonce, fields);
    }
}
