using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;

namespace Udf.Worker.Protocol.Internal;

/// <summary>
/// HMAC with SHA-256 (RFC 2104, FIPS 180-4) of a short text, in managed code: the first call of the framework's loads and initialises a whole cryptographic library, which takes a worker longer than
/// all else that it does before it is ready. No branch and no index depends on what is secret.
/// </summary>
internal static class HmacSha256
{
    /// <summary>Bytes of the result.</summary>
    internal const int SizeBytes = 32;

    private const int BlockBytes = 64;
    private const int StateWords = 8;
    private const int RoundCount = 64;
    private const byte InnerPad = 0x36;
    private const byte OuterPad = 0x5C;

    private static ReadOnlySpan<uint> InitialState =>
    [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    ];

    private static ReadOnlySpan<uint> RoundConstants =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// <summary>Computes the MAC of a text.</summary>
    /// <param name="key">At most 64 bytes: a longer one would be hashed first, and none is.</param>
    /// <param name="text">The text.</param>
    /// <param name="mac">Takes <see cref="SizeBytes"/> bytes.</param>
    internal static void Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> text, Span<byte> mac)
    {
        Debug.Assert(key.Length <= BlockBytes, "A longer key is hashed first.");
        Span<byte> inner = stackalloc byte[SizeBytes];
        Hash(key, InnerPad, text, inner);
        Hash(key, OuterPad, inner, mac);
    }

    // The hash of the key, padded to a block, and of the text behind it.
    private static void Hash(ReadOnlySpan<byte> key, byte pad, ReadOnlySpan<byte> text, Span<byte> hash)
    {
        Span<byte> block = stackalloc byte[BlockBytes];
        for (int index = 0; index < block.Length; index++)
        {
            block[index] = (byte)(pad ^ (index < key.Length ? key[index] : 0));
        }

        Span<uint> state = stackalloc uint[StateWords];
        InitialState.CopyTo(state);
        Compress(state, block);
        ulong bits = 8 * (BlockBytes + (ulong)text.Length);
        while (text.Length >= BlockBytes)
        {
            Compress(state, text[..BlockBytes]);
            text = text[BlockBytes..];
        }

        // A one, zeros, and the length in bits: in the block of what is left, or in one more.
        Span<byte> last = stackalloc byte[2 * BlockBytes];
        last.Clear();
        text.CopyTo(last);
        last[text.Length] = 0x80;
        last = last[..(text.Length < BlockBytes - sizeof(ulong) ? BlockBytes : 2 * BlockBytes)];
        BinaryPrimitives.WriteUInt64BigEndian(last[^sizeof(ulong)..], bits);
        for (; !last.IsEmpty; last = last[BlockBytes..])
        {
            Compress(state, last[..BlockBytes]);
        }

        for (int index = 0; index < StateWords; index++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(hash[(index * sizeof(uint))..], state[index]);
        }
    }

    private static void Compress(Span<uint> state, ReadOnlySpan<byte> block)
    {
        Span<uint> words = stackalloc uint[RoundCount];
        for (int index = 0; index < BlockBytes / sizeof(uint); index++)
        {
            words[index] = BinaryPrimitives.ReadUInt32BigEndian(block[(index * sizeof(uint))..]);
        }

        for (int index = BlockBytes / sizeof(uint); index < RoundCount; index++)
        {
            uint before15 = words[index - 15];
            uint before2 = words[index - 2];
            uint first = BitOperations.RotateRight(before15, 7) ^ BitOperations.RotateRight(before15, 18) ^ (before15 >> 3);
            uint second = BitOperations.RotateRight(before2, 17) ^ BitOperations.RotateRight(before2, 19) ^ (before2 >> 10);
            words[index] = unchecked(words[index - 16] + first + words[index - 7] + second);
        }

        // The names are those of the standard.
        (uint a, uint b, uint c, uint d) = (state[0], state[1], state[2], state[3]);
        (uint e, uint f, uint g, uint h) = (state[4], state[5], state[6], state[7]);
        unchecked
        {
            for (int index = 0; index < RoundCount; index++)
            {
                uint first = h + (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25))
                    + ((e & f) ^ (~e & g)) + RoundConstants[index] + words[index];
                uint second = (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22))
                    + ((a & b) ^ (a & c) ^ (b & c));
                (h, g, f, e) = (g, f, e, d + first);
                (d, c, b, a) = (c, b, a, first + second);
            }

            state[0] += a;
            state[1] += b;
            state[2] += c;
            state[3] += d;
            state[4] += e;
            state[5] += f;
            state[6] += g;
            state[7] += h;
        }
    }
}
