using System.Globalization;
using System.Text;

namespace Udf.Worker.Protocol;

/// <summary>Whoever is at the other end of a connection without speaking UDF frames, guessed from the first bytes.</summary>
/// <param name="Protocol">The guess.</param>
/// <param name="Description">A phrase that continues "the peer": <c>speaks HTTP/2 …</c>, or the first bytes in hex and as text.</param>
public sealed record ForeignPeer(ForeignProtocol Protocol, string Description)
{
    private const int SnippetBytes = 16;
    private const int Http2FrameHeaderBytes = 9;

    private static ReadOnlySpan<byte> Http2ClientPreface => "PRI * HTTP/2"u8;

    /// <summary>Guesses from the first bytes of a connection.</summary>
    /// <param name="start">What was received; may be a few bytes, a part of a word, or nothing.</param>
    public static ForeignPeer Guess(ReadOnlySpan<byte> start)
    {
        ForeignProtocol protocol = Recognise(start);
        return new ForeignPeer(protocol, protocol switch
        {
            ForeignProtocol.Http1 => "speaks HTTP/1",
            ForeignProtocol.Http2 => "speaks HTTP/2 (the gRPC carrier?)",
            ForeignProtocol.Tls => "speaks TLS",
            ForeignProtocol.Unknown => Snippet(start),
            _ => throw new InvalidOperationException($"Unknown protocol {protocol}."),
        });
    }

    private static ForeignProtocol Recognise(ReadOnlySpan<byte> start)
    {
        if (start.Length >= 4 && start[..Math.Min(start.Length, Http2ClientPreface.Length)].SequenceEqual(Http2ClientPreface[..Math.Min(start.Length, Http2ClientPreface.Length)]))
        {
            return ForeignProtocol.Http2;
        }

        if (start.StartsWith("HTTP/1."u8) || IsHttpRequest(start))
        {
            return ForeignProtocol.Http1;
        }

        // Record type alert or handshake, then version 3.x.
        if (start.Length >= 3 && start[0] is 0x15 or 0x16 && start[1] == 3 && start[2] <= 4)
        {
            return ForeignProtocol.Tls;
        }

        return IsHttp2ConnectionFrame(start) ? ForeignProtocol.Http2 : ForeignProtocol.Unknown;
    }

    private static bool IsHttpRequest(ReadOnlySpan<byte> start) =>
        start.StartsWith("GET "u8) || start.StartsWith("POST "u8) || start.StartsWith("PUT "u8)
        || start.StartsWith("HEAD "u8) || start.StartsWith("OPTIONS "u8) || start.StartsWith("CONNECT "u8);

    // A server begins with SETTINGS, or says GOAWAY to bytes that it does not understand; both on stream 0.
    private static bool IsHttp2ConnectionFrame(ReadOnlySpan<byte> start)
    {
        const byte settings = 4;
        const byte goAway = 7;
        if (start.Length < Http2FrameHeaderBytes || start[5] != 0 || start[6] != 0 || start[7] != 0 || start[8] != 0)
        {
            return false;
        }

        int length = (start[0] << 16) | (start[1] << 8) | start[2];
        return start[3] switch
        {
            settings => start[4] <= 1 && length % 6 == 0 && length <= 1024,
            goAway => start[4] == 0 && length is >= 8 and <= 16 * 1024,
            _ => false,
        };
    }

    private static string Snippet(ReadOnlySpan<byte> start)
    {
        if (start.IsEmpty)
        {
            return "sent nothing";
        }

        ReadOnlySpan<byte> shown = start[..Math.Min(start.Length, SnippetBytes)];
        StringBuilder text = new();
        foreach (byte value in shown)
        {
            text.Append(value is >= 0x20 and < 0x7F ? (char)value : '.');
        }

        string more = start.Length > shown.Length ? " ..." : "";
        return string.Create(CultureInfo.InvariantCulture, $"does not speak UDF frames: its first bytes are {Convert.ToHexString(shown)}{more} (\"{text}\"{more})");
    }
}
