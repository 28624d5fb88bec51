using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>The system calls of a program with one thread and many connections, with nothing of the framework between: what a C program would do, bar a few nanoseconds for each call.</summary>
internal static unsafe partial class EpollCalls
{
    private const int MessageNoSignal = 0x4000;
    private const int Add = 1;
    private const uint EventIn = 0x1;
    private const int EventsAtOnce = 512;

    // struct epoll_event is packed on x64, and nowhere else.
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    internal static int Create() => Checked(CreateCore(0));

    /// <summary>Watches a socket, level triggered.</summary>
    internal static void Watch(int poll, Socket socket, int number)
    {
        byte* entry = stackalloc byte[EventBytes];
        *(uint*)entry = EventIn;
        *(long*)(entry + EventBytes - sizeof(long)) = number;
        _ = Checked(Control(poll, Add, (int)socket.Handle, entry));
    }

    /// <summary>Waits until sockets can be read, and says which.</summary>
    /// <param name="poll">What <see cref="Create"/> gave.</param>
    /// <param name="numbers">Where the numbers go under which they are watched.</param>
    /// <returns>How many.</returns>
    internal static int Wait(int poll, Span<int> numbers)
    {
        byte* entries = stackalloc byte[EventsAtOnce * EventBytes];
        int count = Checked(WaitCore(poll, entries, Math.Min(EventsAtOnce, numbers.Length), -1));
        for (int index = 0; index < count; index++)
        {
            numbers[index] = (int)*(long*)(entries + ((index + 1) * EventBytes) - sizeof(long));
        }

        return count;
    }

    /// <summary>Receives a small message in one call.</summary>
    /// <returns>False at the end of the connection.</returns>
    internal static bool TryReceive(int socket, Span<byte> message)
    {
        fixed (byte* start = message)
        {
            int count = Checked((int)Receive(socket, start, (nuint)message.Length, 0));
            return count == 0 ? false : count == message.Length ? true : throw new InvalidOperationException($"{count} bytes of a message of {message.Length} came alone.");
        }
    }

    /// <summary>Sends a small message in one call.</summary>
    internal static void Send(int socket, ReadOnlySpan<byte> message)
    {
        fixed (byte* start = message)
        {
            _ = Checked((int)Send(socket, start, (nuint)message.Length, MessageNoSignal));
        }
    }

    private static int Checked(int result) =>
        result >= 0 ? result : throw new SocketException(Marshal.GetLastPInvokeError(), Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int CreateCore(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int poll, int operation, int socket, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int WaitCore(int poll, byte* entries, int count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int socket, byte* buffer, nuint length, int flags);
}
