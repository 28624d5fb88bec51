using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Udf.Worker;

/// <summary>What tells one payload from another, without its bytes: two payloads of the same format and content have equal identities.</summary>
/// <param name="Format">The payload's format.</param>
/// <param name="Length">The number of bytes of its content.</param>
/// <param name="Hash">The first 128 bits of the SHA-256 of its content.</param>
public sealed record PayloadIdentity(string Format, long Length, UInt128 Hash)
{
    internal static PayloadIdentity Of(string format, ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return new PayloadIdentity(format, content.Length, BinaryPrimitives.ReadUInt128BigEndian(hash));
    }

    /// <summary>Format, length and hash in one short line.</summary>
    public override string ToString() => $"{Format}:{Length}:{Hash:x32}";
}
