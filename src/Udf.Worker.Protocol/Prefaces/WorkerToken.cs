using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Udf.Worker.Protocol;

/// <summary>
/// The secret that an engine and one worker process share: 32 random bytes, which the worker finds in its environment.
/// It never travels on a connection, and nothing prints it but <see cref="ToHex"/>.
/// </summary>
/// <remarks>Immutable, safe from any thread. Tokens are not compared; MACs made with them are.</remarks>
public sealed class WorkerToken
{
    /// <summary>Bytes of a token.</summary>
    public const int SizeBytes = 32;

    /// <summary>The environment variable in which a worker finds its token, as 64 hex digits.</summary>
    public const string EnvironmentVariable = "UDF_WORKER_TOKEN";

    private readonly byte[] _bytes;

    private WorkerToken(byte[] bytes) => _bytes = bytes;

    internal ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Makes a new token.</summary>
    /// <param name="random">Where the bytes come from; <see cref="RandomNumberGenerator.Create()"/> outside of tests.</param>
    public static WorkerToken Create(RandomNumberGenerator random)
    {
        ArgumentNullException.ThrowIfNull(random);
        byte[] bytes = new byte[SizeBytes];
        random.GetBytes(bytes);
        return new WorkerToken(bytes);
    }

    /// <summary>A token of given bytes.</summary>
    /// <param name="bytes">Its <see cref="SizeBytes"/> bytes; copied.</param>
    /// <exception cref="ArgumentException">There are not <see cref="SizeBytes"/> bytes.</exception>
    public static WorkerToken FromBytes(ReadOnlySpan<byte> bytes) =>
        bytes.Length == SizeBytes
            ? new WorkerToken(bytes.ToArray())
            : throw new ArgumentException($"A worker token has {SizeBytes} bytes; {bytes.Length} were given.", nameof(bytes));

    /// <summary>Reads a token from its hex digits.</summary>
    /// <param name="hex">64 hex digits of either case, with nothing around them.</param>
    /// <param name="token">The token.</param>
    /// <returns>False if the text, which may be null, is anything else.</returns>
    public static bool TryParse(string? hex, [NotNullWhen(true)] out WorkerToken? token)
    {
        token = null;
        if (hex is null || hex.Length != 2 * SizeBytes)
        {
            return false;
        }

        // By hand: the framework's decoder is made for vectors, so a worker would compile it first, at its start.
        byte[] bytes = new byte[SizeBytes];
        for (int index = 0; index < bytes.Length; index++)
        {
            if (!char.IsAsciiHexDigit(hex[2 * index]) || !char.IsAsciiHexDigit(hex[(2 * index) + 1]))
            {
                return false;
            }

            bytes[index] = (byte)((ValueOf(hex[2 * index]) << 4) | ValueOf(hex[(2 * index) + 1]));
        }

        token = new WorkerToken(bytes);
        return true;
    }

    /// <summary>Reads a token from its hex digits.</summary>
    /// <param name="hex">64 hex digits of either case, with nothing around them.</param>
    /// <exception cref="FormatException">The text is anything else. The message does not repeat it.</exception>
    public static WorkerToken Parse(string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        return TryParse(hex, out WorkerToken? token)
            ? token
            : throw new FormatException($"A worker token has {2 * SizeBytes} hex digits. The text given ({hex.Length} characters) is none.");
    }

    /// <summary>The token as 64 lower-case hex digits. Only for the worker's environment: never for a log or a command line.</summary>
    public string ToHex() => Convert.ToHexStringLower(_bytes);

    /// <summary>A text that does not tell the token.</summary>
    public override string ToString() => "WorkerToken(hidden)";

    private static int ValueOf(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
