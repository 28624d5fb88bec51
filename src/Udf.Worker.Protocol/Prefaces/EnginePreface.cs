using System.Buffers.Binary;
using System.Security.Cryptography;
using Udf.Worker.Protocol.Internal;

namespace Udf.Worker.Protocol;

/// <summary>The first 72 bytes of every connection, from the engine to the worker.</summary>
public readonly struct EnginePreface
{
    /// <summary>Bytes of this preface.</summary>
    public const int SizeBytes = MacOffset + Block32.SizeBytes;

    /// <summary>Bytes of the nonce.</summary>
    public const int NonceBytes = Block32.SizeBytes;

    private const int NonceOffset = 8;
    private const int MacOffset = NonceOffset + NonceBytes;

    private readonly Block32 _nonce;
    private readonly Block32 _mac;

    private EnginePreface(byte highestVersion, ConnectionRole role, ushort features, in Block32 nonce, in Block32 mac)
    {
        HighestVersion = highestVersion;
        Role = role;
        Features = features;
        _nonce = nonce;
        _mac = mac;
    }

    /// <summary>The highest protocol version that the engine speaks.</summary>
    public byte HighestVersion { get; }

    /// <summary>What the connection is for. May be a number that <see cref="ConnectionRole"/> does not name.</summary>
    public ConnectionRole Role { get; }

    /// <summary>The feature bits that the engine offers. None is defined in version 1.</summary>
    public ushort Features { get; }

    /// <summary>Makes the preface of a new connection, with its MAC.</summary>
    /// <param name="role">What the connection is for.</param>
    /// <param name="token">The worker's token; null for a worker that was started without one: the MAC is zeros then.</param>
    /// <param name="random">Where the nonce comes from.</param>
    public static EnginePreface Create(ConnectionRole role, WorkerToken? token, RandomNumberGenerator random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> nonce = stackalloc byte[NonceBytes];
        random.GetBytes(nonce);
        return Create(ProtocolVersion.Highest, role, 0, nonce, token);
    }

    /// <summary>Makes a preface from all its fields.</summary>
    /// <param name="highestVersion">The highest protocol version that the engine speaks.</param>
    /// <param name="role">What the connection is for.</param>
    /// <param name="features">The feature bits offered.</param>
    /// <param name="nonce"><see cref="NonceBytes"/> bytes, never used before with this token.</param>
    /// <param name="token">The worker's token, or null.</param>
    /// <exception cref="ArgumentException"><paramref name="nonce"/> has another length.</exception>
    public static EnginePreface Create(byte highestVersion, ConnectionRole role, ushort features, ReadOnlySpan<byte> nonce, WorkerToken? token)
    {
        if (nonce.Length != NonceBytes)
        {
            throw new ArgumentException($"A nonce has {NonceBytes} bytes; {nonce.Length} were given.", nameof(nonce));
        }

        EnginePreface unsigned = new(highestVersion, role, features, new Block32(nonce), default);
        return new EnginePreface(highestVersion, role, features, unsigned._nonce, unsigned.ComputeMac(token));
    }

    /// <summary>Reads a preface. Neither version nor role nor MAC is judged here.</summary>
    /// <param name="source">The first bytes of a connection; more than <see cref="SizeBytes"/> may be given.</param>
    /// <param name="preface">The preface.</param>
    /// <returns>False if there are fewer bytes, or other ones than the magic at their beginning.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out EnginePreface preface)
    {
        preface = default;
        if (source.Length < SizeBytes || !source.StartsWith(PrefaceMagic.Bytes))
        {
            return false;
        }

        preface = new EnginePreface(
            source[4],
            (ConnectionRole)source[5],
            BinaryPrimitives.ReadUInt16BigEndian(source[6..]),
            new Block32(source[NonceOffset..]),
            new Block32(source[MacOffset..]));
        return true;
    }

    /// <summary>Writes the preface.</summary>
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

    /// <summary>Whether who made this preface has the token. Takes the same time whatever the answer.</summary>
    /// <param name="token">The worker's token; null for a worker that has none and wants a MAC of zeros.</param>
    public bool VerifyMac(WorkerToken? token) => PrefaceMac.AreEqual(ComputeMac(token), _mac);

    /// <summary>Copies the nonce.</summary>
    /// <param name="destination">At least <see cref="NonceBytes"/> bytes.</param>
    public void CopyNonceTo(Span<byte> destination) => ((ReadOnlySpan<byte>)_nonce).CopyTo(destination);

    private void WriteFields(Span<byte> destination)
    {
        PrefaceMagic.Bytes.CopyTo(destination);
        destination[4] = HighestVersion;
        destination[5] = (byte)Role;
        BinaryPrimitives.WriteUInt16BigEndian(destination[6..], Features);
        ((ReadOnlySpan<byte>)_nonce).CopyTo(destination[NonceOffset..]);
    }

    private Block32 ComputeMac(WorkerToken? token)
    {
        Span<byte> fields = stackalloc byte[MacOffset];
        WriteFields(fields);
        return PrefaceMac.OfEngine(token, fields);
    }
}
