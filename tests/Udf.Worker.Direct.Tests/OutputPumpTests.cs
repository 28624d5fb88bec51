using System.Text;
using Udf.Worker.Direct.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

public sealed class OutputPumpTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("one\n", "one")]
    [InlineData("one\ntwo", "one|two")]
    [InlineData("one\r\n\ntwo\n", "one||two")]
    [InlineData("a\nb\nc\nd\n", "a|b|c|d")]
    public async Task Run_AnySplit_HandsOnTheSameLines(string text, string expected)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int split = 0; split <= bytes.Length; split++)
        {
            Assert.Equal(expected, string.Join('|', await PumpAsync(new PiecewiseStream(bytes[..split], bytes[split..]))));
        }
    }

    [Fact]
    public async Task Run_BytesAreNotUtf8_AreReplaced() =>
        Assert.Equal(["a\uFFFDb"], await PumpAsync(new PiecewiseStream([(byte)'a', 0xFF, (byte)'b', (byte)'\n'])));

    [Fact]
    public async Task Run_LineIsEndless_IsHandedOnInPieces()
    {
        byte[] endless = new byte[(3 * OutputPump.MaximumLineBytes) + 5];
        endless.AsSpan().Fill((byte)'x');

        List<string> lines = await PumpAsync(new PiecewiseStream(endless));

        Assert.Equal([OutputPump.MaximumLineBytes, OutputPump.MaximumLineBytes, OutputPump.MaximumLineBytes, 5], lines.Select(line => line.Length));
    }

    [Theory]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(NotSupportedException))]
    public async Task Run_StreamFails_KeepsWhatWasRead(Type failure) =>
        Assert.Equal(["one", "tw"], await PumpAsync(new PiecewiseStream("one\ntw"u8.ToArray()) { FailureAtItsEnd = (Exception)Activator.CreateInstance(failure)! }));

    private static async Task<List<string>> PumpAsync(Stream stream)
    {
        var lines = new List<string>();
        await new OutputPump(stream, (line, _) => lines.Add(line)).RunAsync(CancellationToken.None).DefaultTimeout();
        return lines;
    }

    /// <summary>Gives its pieces one after another, whatever is asked for.</summary>
    private sealed class PiecewiseStream(params byte[][] pieces) : MemoryStream
    {
        private readonly Queue<ReadOnlyMemory<byte>> _pieces = new(pieces.Where(piece => piece.Length > 0).Select(piece => new ReadOnlyMemory<byte>(piece)));

        public Exception? FailureAtItsEnd { get; init; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_pieces.TryDequeue(out ReadOnlyMemory<byte> piece))
            {
                return FailureAtItsEnd is null ? new(0) : throw FailureAtItsEnd;
            }

            int length = Math.Min(buffer.Length, piece.Length);
            piece[..length].CopyTo(buffer);
            if (length < piece.Length)
            {
                ReadOnlyMemory<byte>[] rest = [piece[length..], .. _pieces];
                _pieces.Clear();
                Array.ForEach(rest, _pieces.Enqueue);
            }

            return new(length);
        }
    }
}
