using System.Buffers;
using System.Text;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// Reads one output stream of a process to its end and hands on its lines. Holds one buffer, whatever the process writes: a longer line is handed on in pieces.
/// </summary>
/// <remarks>The read waits in the event loop of the runtime, not on a thread: on Linux the pipes of a child are polled as sockets are.</remarks>
internal sealed class OutputPump(Stream stream, Action<string, int> line)
{
    internal const int MaximumLineBytes = 16 * 1024;

    /// <summary>Reads until the end of the stream, its failure, or the token. Never fails.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(MaximumLineBytes);
        int held = 0;
        try
        {
            while (true)
            {
                int read = await stream.ReadAsync(buffer.AsMemory(held, MaximumLineBytes - held), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                held = HandOnLines(buffer, held, held + read);
            }
        }
        catch (Exception)
        {
            // The process is being buried, or a launcher's stream failed in its own way; what was read so far counts.
        }
        finally
        {
            if (held > 0)
            {
                HandOn(buffer.AsSpan(0, held));
            }

            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Returns how many bytes of an unfinished line are left at the front of the buffer.
    private int HandOnLines(byte[] buffer, int searched, int end)
    {
        int begin = 0;
        while (true)
        {
            int newline = buffer.AsSpan(searched, end - searched).IndexOf((byte)'\n');
            if (newline < 0)
            {
                break;
            }

            HandOn(buffer.AsSpan(begin, searched + newline - begin));
            begin = searched = searched + newline + 1;
        }

        if (end - begin == MaximumLineBytes)
        {
            HandOn(buffer.AsSpan(begin, end - begin));
            return 0;
        }

        buffer.AsSpan(begin, end - begin).CopyTo(buffer);
        return end - begin;
    }

    private void HandOn(ReadOnlySpan<byte> bytes)
    {
        if (bytes.EndsWith("\r"u8))
        {
            bytes = bytes[..^1];
        }

        // Bytes that are not UTF-8 become replacement characters: a worker may print anything.
        line(Encoding.UTF8.GetString(bytes), bytes.Length);
    }
}
