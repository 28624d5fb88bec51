using System.Runtime.CompilerServices;

namespace Udf.Worker.Protocol.Internal;

/// <summary>
/// The MACs of both prefaces. Without a token they are zeros in both directions: the worker then relies on who may reach
/// its socket, and says nothing that a listener could not say as well.
/// </summary>
internal static class PrefaceMac
{
    private const int MaxInputBytes = 64;

    private static ReadOnlySpan<byte> EngineLabel => "engine"u8;

    private static ReadOnlySpan<byte> WorkerLabel => "worker"u8;

    internal static Block32 OfEngine(WorkerToken? token, ReadOnlySpan<byte> fields) =>
        Compute(token, EngineLabel, [], fields);

    internal static Block32 OfWorker(WorkerToken? token, ReadOnlySpan<byte> engineNonce, ReadOnlySpan<byte> fields) =>
        Compute(token, WorkerLabel, engineNonce, fields);

    // As CryptographicOperations.FixedTimeEquals does it, whose library a worker would load for this alone: no shortcut, for the reader and for the compiler.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    internal static bool AreEqual(in Block32 left, in Block32 right)
    {
        ReadOnlySpan<byte> leftBytes = left;
        ReadOnlySpan<byte> rightBytes = right;
        int difference = 0;
        for (int index = 0; index < Block32.SizeBytes; index++)
        {
            difference |= leftBytes[index] ^ rightBytes[index];
        }

        return difference == 0;
    }

    private static Block32 Compute(WorkerToken? token, ReadOnlySpan<byte> label, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> fields)
    {
        Block32 mac = default;
        if (token is not null)
        {
            Span<byte> input = stackalloc byte[MaxInputBytes];
            label.CopyTo(input);
            nonce.CopyTo(input[label.Length..]);
            fields.CopyTo(input[(label.Length + nonce.Length)..]);
            HmacSha256.Compute(token.Bytes, input[..(label.Length + nonce.Length + fields.Length)], mac);
        }

        return mac;
    }
}
