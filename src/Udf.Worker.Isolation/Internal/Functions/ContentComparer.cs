using System.Diagnostics.CodeAnalysis;

namespace Udf.Worker.Isolation.Internal;

/// <summary>Bytes as a key: equal if each byte is.</summary>
internal sealed class ContentComparer : IEqualityComparer<ReadOnlyMemory<byte>>
{
    internal static readonly ContentComparer Instance = new();

    public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

    public int GetHashCode([DisallowNull] ReadOnlyMemory<byte> obj)
    {
        HashCode code = default;
        code.AddBytes(obj.Span);
        return code.ToHashCode();
    }
}
