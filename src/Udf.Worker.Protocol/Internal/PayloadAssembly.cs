using System.Globalization;
using Google.Protobuf;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol.Internal;

/// <summary>
/// Collects the payload of one function and holds it against what <see cref="UdfPayload"/> says of it. Holds at most the
/// configured bytes. Each method gives the text of a protocol error, or null.
/// </summary>
internal sealed class PayloadAssembly
{
    private readonly WorkerExecutionOptions _options;
    private readonly UdfPayload _declared;
    private readonly List<ReadOnlyMemory<byte>> _parts = [];
    private long _lengthBytes;
    private uint _crc;

    internal PayloadAssembly(UdfPayload declared, WorkerExecutionOptions options)
    {
        _declared = declared;
        _options = options;
    }

    internal string? AddInline()
    {
        if (_declared.HasPayloadSize && _declared.PayloadSize > _options.MaxPayloadBytes)
        {
            return TooLong(_declared.PayloadSize);
        }

        return _declared.Payload.IsEmpty ? null : Add(_declared.Payload);
    }

    internal string? AddChunk(PayloadChunk chunk) =>
        chunk.Data.IsEmpty ? "A PayloadChunk is empty." : Add(chunk.Data);

    internal string? Complete(out AssembledPayload payload)
    {
        payload = new AssembledPayload(_parts, _lengthBytes);
        if (_declared.HasPayloadSize && _declared.PayloadSize != _lengthBytes)
        {
            return SizeMismatch();
        }

        return _declared.HasPayloadCrc32 && _declared.PayloadCrc32 != _crc
            ? string.Create(CultureInfo.InvariantCulture, $"The payload's CRC-32 is 0x{_crc:X8}; payload_crc32 says 0x{_declared.PayloadCrc32:X8}.")
            : null;
    }

    // Refused with the part that goes too far, so that no more than the bound is ever held.
    private string? Add(ByteString data)
    {
        long lengthBytes = _lengthBytes + data.Length;
        if (lengthBytes > _options.MaxPayloadBytes)
        {
            return TooLong(lengthBytes);
        }

        _lengthBytes = lengthBytes;
        if (_declared.HasPayloadSize && _declared.PayloadSize < lengthBytes)
        {
            return SizeMismatch();
        }

        _parts.Add(data.Memory);
        if (_declared.HasPayloadCrc32)
        {
            _crc = Crc32.Append(_crc, data.Span);
        }

        return null;
    }

    private string SizeMismatch() => string.Create(
        CultureInfo.InvariantCulture,
        $"The payload has {_lengthBytes} bytes so far or in all; payload_size says {_declared.PayloadSize}.");

    private string TooLong(long lengthBytes) => string.Create(
        CultureInfo.InvariantCulture,
        $"A payload of {lengthBytes} bytes or more is longer than the limit of {_options.MaxPayloadBytes} bytes ({_options.MaxPayloadSettingName}).");
}
