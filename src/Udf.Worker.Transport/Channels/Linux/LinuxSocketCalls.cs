using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// The system calls of the fast path: calls that say that they would have to wait instead of waiting, whatever mode the socket is in, and a gathered send.
/// The framework's socket can do neither without being handed to its event engine, which from then on wakes a thread for each message.
/// </summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class LinuxSocketCalls
{
    private const int MessageDontWait = 0x40;
    private const int MessageNoSignal = 0x4000;
    private const short PollIn = 0x1;
    private const short PollOut = 0x4;
    private const int Interrupted = 4;
    private const int WouldBlock = 11;

    /// <summary>What the calls return instead of a count when they would have to wait.</summary>
    internal const int MustWait = -1;

    /// <summary>Receives what is there, into two places one after the other.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="first">Filled first.</param>
    /// <param name="second">Filled then; may be empty.</param>
    /// <param name="blocks">Whether to wait until there is something; not on a socket that was set to never wait.</param>
    /// <returns>The number of bytes, 0 at the end of the stream, or <see cref="MustWait"/>.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    internal static int TryReceive(SafeSocketHandle socket, Span<byte> first, Span<byte> second, bool blocks = false)
    {
        int flags = blocks ? 0 : MessageDontWait;
        fixed (byte* firstStart = first)
        fixed (byte* secondStart = second)
        {
            IoVector* pieces = stackalloc IoVector[2];
            pieces[0] = new IoVector(firstStart, (nuint)first.Length);
            pieces[1] = new IoVector(secondStart, (nuint)second.Length);
            MessageHeader message = new() { Vectors = pieces, VectorCount = 2 };
            while (true)
            {
                SocketCallCounts.Add();
                nint count = second.IsEmpty ? Receive(socket, firstStart, (nuint)first.Length, flags) : ReceiveMessage(socket, &message, flags);
                if (count >= 0)
                {
                    return (int)count;
                }

                if (MustWaitOrThrow())
                {
                    return MustWait;
                }
            }
        }
    }

    /// <summary>Sends as much of two pieces, one after the other, as the kernel takes.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="head">The first piece.</param>
    /// <param name="body">The second piece.</param>
    /// <param name="blocks">Whether to wait until it takes some; not on a socket that was set to never wait.</param>
    /// <returns>The number of bytes, or <see cref="MustWait"/>.</returns>
    /// <exception cref="SocketException">The connection is broken.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    internal static long TrySend(SafeSocketHandle socket, ReadOnlySpan<byte> head, ReadOnlySpan<byte> body, bool blocks = false)
    {
        fixed (byte* headStart = head)
        fixed (byte* bodyStart = body)
        {
            IoVector* pieces = stackalloc IoVector[2];
            pieces[0] = new IoVector(headStart, (nuint)head.Length);
            pieces[1] = new IoVector(bodyStart, (nuint)body.Length);
            MessageHeader message = new() { Vectors = pieces, VectorCount = 2 };
            while (true)
            {
                SocketCallCounts.Add();
                nint count = SendMessage(socket, &message, MessageNoSignal | (blocks ? 0 : MessageDontWait));
                if (count >= 0)
                {
                    return count;
                }

                if (MustWaitOrThrow())
                {
                    return MustWait;
                }
            }
        }
    }

    /// <summary>Blocks until there is something to receive, the end of the stream and a broken connection included.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="timeoutMilliseconds">How long; -1 for as long as it takes.</param>
    /// <returns>Whether there is; otherwise the time is up.</returns>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    internal static bool WaitReadable(SafeSocketHandle socket, int timeoutMilliseconds) => Wait(socket, PollIn, timeoutMilliseconds);

    /// <summary>Blocks until something can be sent, or sending fails.</summary>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    internal static void WaitWritable(SafeSocketHandle socket) => Wait(socket, PollOut, -1);

    private static bool Wait(SafeSocketHandle socket, short events, int timeoutMilliseconds)
    {
        // The number must not be given to another file while the call lasts.
        bool isHeld = false;
        try
        {
            socket.DangerousAddRef(ref isHeld);
            PollEntry entry = new() { Descriptor = (int)socket.DangerousGetHandle(), Events = events };
            while (true)
            {
                SocketCallCounts.Add();
                int count = Poll(&entry, 1, timeoutMilliseconds);
                if (count >= 0)
                {
                    return count > 0;
                }

                if (Marshal.GetLastSystemError() != Interrupted)
                {
                    throw new SocketException(Marshal.GetLastSystemError());
                }
            }
        }
        finally
        {
            if (isHeld)
            {
                socket.DangerousRelease();
            }
        }
    }

    /// <summary>Whether the call that has failed would have to wait; if a signal came between, it is to be made again.</summary>
    private static bool MustWaitOrThrow()
    {
        int error = Marshal.GetLastPInvokeError();
        return error switch
        {
            WouldBlock => true,
            Interrupted => false,
            _ => throw new SocketException(error, Marshal.GetPInvokeErrorMessage(error)),
        };
    }

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(SafeSocketHandle socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint ReceiveMessage(SafeSocketHandle socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(SafeSocketHandle socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(PollEntry* entries, nuint count, int timeoutMilliseconds);

    /// <summary><c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct IoVector(byte* start, nuint length)
    {
        public readonly byte* Start = start;
        public readonly nuint Length = length;
    }

    /// <summary><c>struct msghdr</c> of the 64-bit C libraries, glibc and musl.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public void* Name;
        public nuint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public nint Flags;
    }

    /// <summary><c>struct pollfd</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
