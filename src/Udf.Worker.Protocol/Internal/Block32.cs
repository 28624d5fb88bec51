using System.Runtime.CompilerServices;

namespace Udf.Worker.Protocol.Internal;

/// <summary>32 bytes without an allocation: a nonce or a MAC.</summary>
[InlineArray(SizeBytes)]
internal struct Block32
{
    internal const int SizeBytes = 32;

    private byte _first;

    internal Block32(ReadOnlySpan<byte> source)
    {
        _first = 0;
        source[..SizeBytes].CopyTo(this);
    }
}
