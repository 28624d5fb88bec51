using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Udf.Worker.Protocol;
using Udf.Worker.Transport;

namespace Udf.Worker.Host.Internal;

/// <summary>
/// The door of a worker: one thread that accepts connections and reads prefaces. What has not proved itself costs neither a thread nor more than the bytes of a preface, at most
/// <see cref="MostPending"/> such peers wait (the oldest gives way), and none for longer than its time.
/// </summary>
/// <remarks>
/// Sockets are only used in their blocking mode, and only after they were found ready: an asynchronous operation would make them non-blocking for good, which the connection's own thread would pay for.
/// The clock is looked at whenever something happens, and when the system says that the nearest time limit has passed.
/// </remarks>
internal sealed partial class ConnectionGate : IWorkerGate
{
    internal const int MostPending = 32;

    private static readonly TimeSpan LingerLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly Socket[] _listeners;
    private readonly WorkerCore _worker;
    private readonly TimeProvider _timeProvider;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _closed = new();

    // The gate's thread alone. In the order in which their time began.
    private readonly List<PendingPeer> _peers = [];
    private readonly List<Socket> _watched = [];
    private long? _acceptFailedAt;

    /// <param name="listeners">Bound and listening; owned by the gate.</param>
    /// <param name="worker">Who judges prefaces and serves what was accepted.</param>
    internal ConnectionGate(Socket[] listeners, WorkerCore worker)
    {
        _listeners = listeners;
        _worker = worker;
        _timeProvider = worker.Options.TimeProvider;
        _thread = new Thread(Run, 256 * 1024) { IsBackground = true, Name = "udf-gate" };
    }

    public void Start() => _thread.Start();

    /// <summary>Accepts nothing any more. Connections that were accepted go on.</summary>
    public void Dispose()
    {
        _closed.Set();

        // Ends a select that waits on them, too.
        foreach (Socket listener in _listeners)
        {
            listener.Dispose();
        }

        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _closed.Dispose();
    }

    private void Run()
    {
        try
        {
            while (!_closed.IsSet)
            {
                HandleNext();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException && _closed.IsSet)
        {
            // The listeners were closed while they were waited on.
        }
        finally
        {
            foreach (PendingPeer peer in _peers)
            {
                peer.Dispose();
            }
        }
    }

    private void HandleNext()
    {
        _watched.Clear();
        TimeSpan wait = DropExpired();
        if (_acceptFailedAt is null)
        {
            _watched.AddRange(_listeners);
        }

        foreach (PendingPeer peer in _peers)
        {
            _watched.Add(peer.Socket);
        }

        if (_watched.Count == 0)
        {
            // A pause after a failed accept, with nobody to wait for.
            _closed.Wait(wait);
            return;
        }

        Socket.Select(_watched, null, null, Microseconds(wait));
        foreach (Socket socket in _watched)
        {
            if (IsListener(socket))
            {
                Accept(socket);
            }
            else if (_peers.Find(peer => peer.Socket == socket) is { } peer)
            {
                Receive(peer);
            }
        }
    }

    private void Accept(Socket listener)
    {
        Socket socket;
        try
        {
            socket = listener.Accept();
        }
        catch (SocketException exception) when (!_closed.IsSet)
        {
            // Most likely there is no descriptor left. The connection stays where it is until there is one again.
            Log.AcceptFailed(_worker.Logger, exception);
            _acceptFailedAt = _timeProvider.GetTimestamp();
            return;
        }

        SocketTuning.Apply(socket);
        if (_peers.Count == MostPending)
        {
            // Who was refused has had its answer; otherwise the one that has waited longest gives way.
            Drop(_peers.Find(peer => peer.IsRefused) ?? _peers[0]);
        }

        _peers.Add(new PendingPeer(socket, _timeProvider.GetTimestamp()));
    }

    private void Receive(PendingPeer peer)
    {
        try
        {
            switch (peer.Receive(out EnginePreface preface))
            {
                case PendingPeerStatus.Waits:
                    break;
                case PendingPeerStatus.Complete:
                    Answer(peer, preface);
                    break;
                case PendingPeerStatus.Foreign:
                    Log.Foreign(_worker.Logger, peer.Describe());
                    Drop(peer);
                    break;
                case PendingPeerStatus.Gone:
                    Drop(peer);
                    break;
                default:
                    throw new InvalidOperationException("Unknown status.");
            }
        }
        catch (SocketException)
        {
            Drop(peer);
        }
    }

    private void Answer(PendingPeer peer, in EnginePreface preface)
    {
        WorkerPreface answer = _worker.Negotiation.Answer(preface, _worker.TryAdmit);
        if (answer.Status == PrefaceStatus.Accepted)
        {
            _peers.Remove(peer);
            try
            {
                peer.Answer(answer);
            }
            catch (SocketException)
            {
                // It has proved itself and is gone already. Its connection finds that out, which for the manage connection is the end of the worker.
            }

            _worker.Serve(preface.Role, new SocketByteChannel(peer.Socket, "the engine"));
            return;
        }

        Log.Refused(_worker.Logger, preface.Role, answer.Status);
        peer.Answer(answer);
        peer.Refuse(_timeProvider.GetTimestamp());

        // Its time has begun anew.
        _peers.Remove(peer);
        _peers.Add(peer);
    }

    private void Drop(PendingPeer peer)
    {
        _peers.Remove(peer);
        peer.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(410, LogLevel.Warning, "A connection could not be accepted.", EventName = "AcceptFailed")]
        public static partial void AcceptFailed(ILogger logger, Exception exception);

        [LoggerMessage(411, LogLevel.Warning, "A connection was dropped before its preface: the peer {Peer}.", EventName = "ForeignPeerDropped")]
        public static partial void Foreign(ILogger logger, string peer);

        [LoggerMessage(412, LogLevel.Debug, "A connection of role {Role} was refused with status {Status}.", EventName = "ConnectionRefused")]
        public static partial void Refused(ILogger logger, ConnectionRole role, PrefaceStatus status);
    }
}
