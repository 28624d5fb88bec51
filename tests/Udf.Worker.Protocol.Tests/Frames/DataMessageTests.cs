using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol.Tests.Frames;

public class DataMessageTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(70_000)]
    public void WriteFramePrefix_Payload_BeginsAtByte16AndIsReadByProtobuf(int length)
    {
        byte[] payload = TestBytes.Pattern(length);
        byte[] frame = new byte[DataMessage.FramePrefixBytes + length];

        Assert.Equal(16, DataMessage.WriteFramePrefix(frame, length));
        payload.CopyTo(frame, 16);

        byte[] message = frame[FrameHeader.SizeBytes..];
        Assert.True(FrameHeader.TryParse(frame, FrameLimit.Default, out FrameHeader header, out _));
        Assert.Equal(message.Length, header.MessageBytes);
        Assert.Equal(payload, UdfRequest.Parser.ParseFrom(message).Data.Data.ToByteArray());
        Assert.Equal(payload, UdfResponse.Parser.ParseFrom(message).Data.Data.ToByteArray());
    }

    [Theory]
    [InlineData((1 << 28) - 1, 16)]
    [InlineData(1 << 28, 17)]
    [InlineData(DataMessage.MaxPayloadBytes, 17)]
    public void WriteFramePrefix_AroundTwoToThe28_TakesOneByteMore(int length, int expected)
    {
        byte[] prefix = new byte[DataMessage.LongFramePrefixBytes];

        Assert.Equal(expected, DataMessage.WriteFramePrefix(prefix, length));
        Assert.Equal(expected, DataMessage.GetFramePrefixBytes(length));

        int messageBytes = DataMessage.GetMessageBytes(length);
        ReadOnlySpan<byte> start = prefix.AsSpan(FrameHeader.SizeBytes, expected - FrameHeader.SizeBytes);
        Assert.Equal(DataPeekStatus.Data, DataMessage.Peek(start, messageBytes, out int offset, out int found));
        Assert.Equal(length, found);
        Assert.Equal(messageBytes - length, offset);

        // Protobuf's own reader sees the same two lengths.
        using CodedInputStream reader = new(start.ToArray());
        Assert.Equal(WireFormat.MakeTag(2, WireFormat.WireType.LengthDelimited), reader.ReadTag());
        Assert.Equal(messageBytes - 6, reader.ReadLength());
        Assert.Equal(WireFormat.MakeTag(1, WireFormat.WireType.LengthDelimited), reader.ReadTag());
        Assert.Equal(length, reader.ReadLength());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void WriteFramePrefix_LengthOutOfRange_Throws(int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => DataMessage.WriteFramePrefix(new byte[32], length));

    [Fact]
    public void TryGetPayload_WhatProtobufWrites_IsFound() =>
        Prop.ForAll<byte[]>(payload =>
        {
            byte[] message = new UdfRequest { Data = new DataRequest { Data = ByteString.CopyFrom(payload) } }.ToByteArray();
            return DataMessage.TryGetPayload(message, out int offset, out int length)
                && message.AsSpan(offset, length).SequenceEqual(payload)
                && offset + length == message.Length;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryGetPayload_AnyWidthsOfLengths_IsFoundAsProtobufReadsIt() =>
        Prop.ForAll(
            Gen.Choose(1, 5).ToArbitrary(),
            Gen.Choose(1, 5).ToArbitrary(),
            ArbMap.Default.ArbFor<byte[]>(),
            (outerWidth, innerWidth, payload) =>
            {
                byte[] inner = [0x0A, .. Varint(payload.Length, innerWidth), .. payload];
                byte[] message = [0x12, .. Varint(inner.Length, outerWidth), .. inner];
                return DataMessage.TryGetPayload(message, out int offset, out int length)
                    && message.AsSpan(offset, length).SequenceEqual(payload)
                    && UdfResponse.Parser.ParseFrom(message).Data.Data.Span.SequenceEqual(payload);
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryGetPayload_AnyBytes_NeverFindsAnotherPayloadThanProtobuf() =>
        Prop.ForAll(AlmostData().ToArbitrary(), message =>
        {
            bool found = DataMessage.TryGetPayload(message, out int offset, out int length);
            if (!found)
            {
                return true;
            }

            UdfRequest parsed = UdfRequest.Parser.ParseFrom(message);
            return parsed.RequestCase == UdfRequest.RequestOneofCase.Data
                && parsed.Data.Data.Span.SequenceEqual(message.AsSpan(offset, length));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0x12 })]
    [InlineData(new byte[] { 0x12, 0x05, 0x0A })]
    [InlineData(new byte[] { 0x12, 0x03, 0x0A, 0x02, 0x01 })]
    [InlineData(new byte[] { 0x12, 0x83, 0x80, 0x80, 0x80, 0x80, 0x00, 0x0A, 0x01, 0x01 })]
    [InlineData(new byte[] { 0x0A, 0x00 })]
    [InlineData(new byte[] { 0x12, 0x02, 0x12, 0x00 })]
    [InlineData(new byte[] { 0x12, 0x03, 0x0A, 0x01, 0x01, 0x12, 0x00 })]
    [InlineData(new byte[] { 0x12, 0x05, 0x0A, 0x01, 0x01, 0x10, 0x01 })]
    [InlineData(new byte[] { 0x12, 0x06, 0x0A, 0x01, 0x01, 0x0A, 0x01, 0x02 })]
    public void TryGetPayload_AnythingUnusual_IsLeftToProtobuf(byte[] message)
    {
        Assert.False(DataMessage.TryGetPayload(message, out int offset, out int length));
        Assert.Equal(0, offset);
        Assert.Equal(0, length);
    }

    [Theory]
    [InlineData(new byte[] { 0x12, 0x00 }, 2)]
    [InlineData(new byte[] { 0x12, 0x02, 0x0A, 0x00 }, 4)]
    public void TryGetPayload_EmptyPayload_IsFoundWhetherWrittenOrLeftOut(byte[] message, int expectedOffset)
    {
        Assert.True(DataMessage.TryGetPayload(message, out int offset, out int length));
        Assert.Equal(expectedOffset, offset);
        Assert.Equal(0, length);
    }

    [Fact]
    public void TryGetPayload_EverySplit_GivesTheSameAsOnePiece()
    {
        byte[] message = new UdfResponse { Data = new DataResponse { Data = ByteString.CopyFrom(TestBytes.Pattern(300)) } }.ToByteArray();
        Assert.True(DataMessage.TryGetPayload(message, out int expectedOffset, out int expectedLength));
        for (int split = 0; split <= message.Length; split++)
        {
            Assert.True(DataMessage.TryGetPayload(TestBytes.Segmented(message, split), out int offset, out int length));
            Assert.Equal((expectedOffset, expectedLength), (offset, length));
        }
    }

    [Fact]
    public void Peek_EveryPartOfAMessage_SaysMoreUntilThePayloadBeginsAndThenWhere()
    {
        byte[] frame = new byte[DataMessage.FramePrefixBytes + 300];
        DataMessage.WriteFramePrefix(frame, 300);
        byte[] message = frame[FrameHeader.SizeBytes..];

        for (int count = 0; count <= message.Length; count++)
        {
            DataPeekStatus status = DataMessage.Peek(message.AsSpan(0, count), message.Length, out int offset, out int length);
            Assert.Equal(count < 11 ? DataPeekStatus.NeedMore : DataPeekStatus.Data, status);
            Assert.Equal(count < 11 ? (0, 0) : (11, 300), (offset, length));
        }
    }

    [Fact]
    public void Peek_AsManyBytesAsThePrefixMayHave_AlwaysDecides() =>
        Prop.ForAll(AlmostData().ToArbitrary(), message =>
        {
            int count = Math.Min(message.Length, DataMessage.MaxMessagePrefixBytes);
            DataPeekStatus part = DataMessage.Peek(message.AsSpan(0, count), message.Length, out int offset, out int length);
            bool whole = DataMessage.TryGetPayload(message, out int wholeOffset, out int wholeLength);
            return part != DataPeekStatus.NeedMore
                && (part == DataPeekStatus.Data) == whole
                && offset == wholeOffset
                && length == wholeLength;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    // Pieces of data messages, in any order and number, so that many are nearly right.
    private static Gen<byte[]> AlmostData()
    {
        Gen<byte[]> payload = ArbMap.Default.GeneratorFor<byte[]>();
        Gen<byte[]> valid = payload.Select(bytes => new UdfRequest { Data = new DataRequest { Data = ByteString.CopyFrom(bytes) } }.ToByteArray());
        Gen<byte[]> damaged =
            from bytes in valid
            from position in Gen.Choose(0, bytes.Length - 1)
            from value in Gen.Choose(0, 255)
            select bytes.Select((old, index) => index == position ? (byte)value : old).ToArray();
        Gen<byte[]> unknown =
            from bytes in valid
            from number in Gen.Choose(3, 40)
            select (byte[])[.. bytes, .. Varint(number << 3, 2), 0x01];
        Gen<byte[]> twice = from first in valid from second in valid select (byte[])[.. first, .. second];
        Gen<byte[]> control = Gen.Constant(new UdfRequest { Control = new UdfControlRequest { Finish = new Finish() } }.ToByteArray());
        return Gen.OneOf(payload, valid, damaged, unknown, twice, control);
    }

    private static byte[] Varint(int value, int width)
    {
        while (width < 5 && value >= 1 << (7 * width))
        {
            width++;
        }

        byte[] bytes = new byte[width];
        for (int index = 0; index < width; index++)
        {
            bytes[index] = (byte)((value & 0x7F) | (index == width - 1 ? 0 : 0x80));
            value >>= 7;
        }

        return bytes;
    }
}
