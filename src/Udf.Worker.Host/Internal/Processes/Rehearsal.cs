using Microsoft.Extensions.Logging.Abstractions;
using Udf.Worker.Transport;

namespace Udf.Worker.Host.Internal;

/// <summary>
/// Serves a small execution, that nobody has asked for, in memory and on a thread of its own while the process opens its sockets: what an execution needs is loaded, and where need be compiled, on another
/// processor until the engine's first one comes. It has a worker of its own: the real one is not touched, and no function of the user's is called.
/// </summary>
internal static class Rehearsal
{
    /// <summary>The format of its payload.</summary>
    internal const string Format = "rehearsal";

    /// <summary>Three frames: <c>Init</c>, one batch of one byte, and <c>Finish</c>.</summary>
    internal static ReadOnlySpan<byte> Frames =>
        "\0\0\0\0\u0037\n\u0035\n\u0033\u0008\u0001\u0010\u0001\u001A\u000E\n\u00011\u0012\u0009rehearsal\u003A\u001D\n\u0010udf.execution_id\u0012\u0009rehearsal\0\0\0\0\u0005\u0012\u0003\n\u00011\0\0\0\0\u0004\n\u0002\u001A\0"u8;

    /// <summary>Begins it, and returns. On a single processor it would only be in the way.</summary>
    internal static void Start()
    {
        if (Environment.ProcessorCount == 1)
        {
            return;
        }

        try
        {
            new Thread(Run, 256 * 1024) { IsBackground = true, Name = "udf-rehearsal" }.UnsafeStart();
        }
        catch (OutOfMemoryException)
        {
            // The system gives no thread for it. The first execution is slower, no more.
        }
    }

    private static void Run()
    {
        try
        {
            Perform(static _ => { });
        }
#pragma warning disable CA1031 // Whatever is wrong, the first execution will meet it too, and can say it to somebody.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    /// <summary>Does it.</summary>
    /// <param name="sent">Gets what the worker answers.</param>
    internal static void Perform(Action<ReadOnlyMemory<byte>> sent)
    {
        UdfFunctionMap functions = new UdfFunctionMap().Map(Format, static batch => batch);
        UdfWorkerOptions options = new() { LoggerFactory = NullLoggerFactory.Instance, ServesStaticMethods = false };
        new ExecuteConnection(new Channel(sent), new WorkerCore(functions, options, token: null)).Run();
    }

    /// <summary>What brings the frames, and then ends.</summary>
    private sealed class Channel(Action<ReadOnlyMemory<byte>> sent) : ByteChannel
    {
        private bool _wasReceived;

        public override string Description => "the rehearsal";

        public override int Receive(Memory<byte> buffer)
        {
            if (_wasReceived)
            {
                return 0;
            }

            _wasReceived = true;
            Frames.CopyTo(buffer.Span);
            return Frames.Length;
        }

        public override void Send(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
        {
            sent(head);
            sent(body);
        }

        public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => new(Receive(buffer));

        public override ValueTask SendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
        {
            Send(head, body);
            return default;
        }

        public override void ShutdownSend()
        {
        }

        public override void ShutdownReceive()
        {
        }

        public override void Abort()
        {
        }
    }
}
