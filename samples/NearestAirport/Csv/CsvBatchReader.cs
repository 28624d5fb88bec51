using System.Runtime.CompilerServices;

namespace NearestAirport;

/// <summary>Cuts a CSV file into batches of whole records, without decoding it. Holds one batch in memory.</summary>
/// <remarks>Not thread safe: the header first, then the batches, once.</remarks>
internal sealed class CsvBatchReader(Stream csv, int batchBytes)
{
    private byte[] _buffer = new byte[batchBytes];
    private int _count;

    /// <summary>Takes the first record: the names of the columns.</summary>
    /// <exception cref="FormatException">The file has no complete first record.</exception>
    public async Task<byte[]> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        await FillAsync(cancellationToken);
        int end = EndOfFirstRecord(_buffer.AsSpan(0, _count));
        return end > 0 ? Take(end) : throw new FormatException($"The CSV file has no header line within its first {batchBytes} bytes.");
    }

    /// <summary>Takes the rest, batch by batch. Each is as long as whole records allow; one that is longer than a batch gets a batch to itself.</summary>
    public async IAsyncEnumerable<byte[]> ReadBatchesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await FillAsync(cancellationToken))
        {
            int end = EndOfLastRecord(_buffer);
            if (end > 0)
            {
                yield return Take(end);
            }
            else
            {
                Array.Resize(ref _buffer, 2 * _buffer.Length);
            }
        }

        if (_count > 0)
        {
            yield return Take(_count);
        }
    }

    /// <returns>Whether the buffer is full; if not, the file has ended.</returns>
    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        Memory<byte> free = _buffer.AsMemory(_count);
        _count += await csv.ReadAtLeastAsync(free, free.Length, throwOnEndOfStream: false, cancellationToken);
        return _count == _buffer.Length;
    }

    private byte[] Take(int count)
    {
        byte[] taken = _buffer[..count];
        _buffer.AsSpan(count, _count - count).CopyTo(_buffer);
        _count -= count;
        return taken;
    }

    // A line end inside quotes is content. Doubled quotes turn the switch twice, and no other UTF-8 character contains these two bytes.
    private static int EndOfFirstRecord(ReadOnlySpan<byte> bytes)
    {
        bool isQuoted = false;
        for (int position = 0; position < bytes.Length; position++)
        {
            isQuoted ^= bytes[position] == '"';
            if (!isQuoted && bytes[position] == '\n')
            {
                return position + 1;
            }
        }

        return 0;
    }

    private static int EndOfLastRecord(ReadOnlySpan<byte> bytes)
    {
        int last = 0;
        for (int end = EndOfFirstRecord(bytes); end > 0; end = EndOfFirstRecord(bytes[last..]))
        {
            last += end;
        }

        return last;
    }
}
