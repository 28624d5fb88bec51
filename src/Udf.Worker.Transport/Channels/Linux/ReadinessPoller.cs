using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// Says when one of many sockets is ready, with one thread for all of them. A socket is told once each time that it asks. There is one for what is received and one for what is sent,
/// made when first needed; they last as long as the process.
/// </summary>
/// <remarks>Thread safe.</remarks>
[SupportedOSPlatform("linux")]
internal sealed unsafe partial class ReadinessPoller
{
    private const uint EventIn = 0x1;
    private const uint EventOut = 0x4;
    private const uint OneShot = 1u << 30;
    private const int Add = 1;
    private const int Delete = 2;
    private const int Modify = 3;
    private const int CloseOnExec = 0x80000;
    private const int Interrupted = 4;
    private const int EventsAtOnce = 64;

    // struct epoll_event is packed on x64, and nowhere else.
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int EventDataOffset = EventBytes - sizeof(long);

    private static readonly Lock Making = new();
    private static ReadinessPoller? _incoming;
    private static ReadinessPoller? _outgoing;

    private readonly int _poll;
    private readonly uint _events;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<long, IReadinessTarget> _targets = [];
    private long _lastId;

    private ReadinessPoller(uint events, string name)
    {
        _events = events | OneShot;
        _poll = Create(CloseOnExec);
        if (_poll < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            throw new SocketException(error, Marshal.GetPInvokeErrorMessage(error));
        }

        try
        {
            new Thread(Loop) { IsBackground = true, Name = name }.UnsafeStart();
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            _ = Close(_poll);
            throw new SocketException((int)SocketError.NoBufferSpaceAvailable, $"The thread that watches sockets could not be started: {exception.Message}");
        }
    }

    /// <summary>For sockets from which something is awaited.</summary>
    /// <exception cref="SocketException">It could not be made now.</exception>
    internal static ReadinessPoller ForReceiving => Volatile.Read(ref _incoming) ?? Make(ref _incoming, EventIn, "udf-poll-in");

    /// <summary>For sockets to which something is to be sent.</summary>
    /// <exception cref="SocketException">It could not be made now.</exception>
    internal static ReadinessPoller ForSending => Volatile.Read(ref _outgoing) ?? Make(ref _outgoing, EventOut, "udf-poll-out");

    /// <summary>Asks to be told once.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="target">Who is told, on the thread of all: it must not do more there than pass the word on.</param>
    /// <param name="id">0 for the first time; what is returned then.</param>
    /// <returns>What stands for this socket here, until <see cref="Forget"/>.</returns>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="SocketException">The system refused.</exception>
    internal long Ask(SafeSocketHandle socket, IReadinessTarget target, long id)
    {
        int operation = Modify;
        if (id == 0)
        {
            operation = Add;
            lock (_gate)
            {
                id = ++_lastId;
                _targets.Add(id, target);
            }
        }

        byte* entry = stackalloc byte[EventBytes];
        *(uint*)entry = _events;
        *(long*)(entry + EventDataOffset) = id;
        SocketCallCounts.Add();
        if (Control(_poll, operation, socket, entry) == 0)
        {
            return id;
        }

        int error = Marshal.GetLastPInvokeError();
        if (operation == Add)
        {
            ForgetTarget(id);
        }

        throw new SocketException(error, Marshal.GetPInvokeErrorMessage(error));
    }

    /// <summary>Tells a socket nothing more. One word that was on its way may still come.</summary>
    internal void Forget(SafeSocketHandle socket, long id)
    {
        ForgetTarget(id);
        byte* entry = stackalloc byte[EventBytes];
        try
        {
            Control(_poll, Delete, socket, entry);
        }
        catch (ObjectDisposedException)
        {
            // A socket that is closed has left by itself.
        }
    }

    // What fails is tried again by the next who needs it.
    private static ReadinessPoller Make(ref ReadinessPoller? poller, uint events, string name)
    {
        lock (Making)
        {
            return poller ??= new ReadinessPoller(events, name);
        }
    }

    private void ForgetTarget(long id)
    {
        lock (_gate)
        {
            _targets.Remove(id);
        }
    }

    private void Loop()
    {
        byte* entries = stackalloc byte[EventsAtOnce * EventBytes];
        while (true)
        {
            SocketCallCounts.Add();
            int count = Wait(_poll, entries, EventsAtOnce, -1);
            if (count < 0 && Marshal.GetLastPInvokeError() != Interrupted)
            {
                // Cannot happen with a descriptor that is never closed. Better a process that ends than one in which every wait hangs.
                Environment.FailFast($"epoll_wait failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
            }

            for (int index = 0; index < count; index++)
            {
                long id = *(long*)(entries + (index * EventBytes) + EventDataOffset);
                IReadinessTarget? target;
                lock (_gate)
                {
                    _targets.TryGetValue(id, out target);
                }

                target?.OnReady();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int poll, int operation, SafeSocketHandle socket, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(int poll, byte* entries, int count, int timeoutMilliseconds);
}
