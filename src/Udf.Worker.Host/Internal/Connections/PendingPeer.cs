using System.Net.Sockets;
using Udf.Worker.Protocol;

namespace Udf.Worker.Host.Internal;

/// <summary>A connection that is not (or not any more) one: it has not sent its preface yet, or was refused and is left time to read why. Holds one preface and nothing after it.</summary>
internal sealed class PendingPeer(Socket socket, long since) : IDisposable
{
    private readonly byte[] _preface = new byte[EnginePreface.SizeBytes];
    private int _count;

    internal Socket Socket => socket;

    /// <summary>When its time began: the connection's, or the refusal's.</summary>
    internal long Since { get; private set; } = since;

    /// <summary>Whether it was answered with a refusal.</summary>
    internal bool IsRefused { get; private set; }

    /// <summary>Receives what is there, without waiting: the socket was found readable. Bytes after the preface stay where they are.</summary>
    internal PendingPeerStatus Receive(out EnginePreface preface)
    {
        preface = default;
        int count = socket.Receive(_preface.AsSpan(_count));
        if (count == 0)
        {
            return PendingPeerStatus.Gone;
        }

        if (IsRefused)
        {
            return PendingPeerStatus.Waits;
        }

        _count += count;
        ReadOnlySpan<byte> received = _preface.AsSpan(0, _count);
        if (!PrefaceMagic.CanBeginWith(received))
        {
            return PendingPeerStatus.Foreign;
        }

        return EnginePreface.TryParse(received, out preface) ? PendingPeerStatus.Complete : PendingPeerStatus.Waits;
    }

    /// <summary>Sends the answer: so few bytes always fit the buffer of a socket on which nothing was sent before.</summary>
    internal void Answer(in WorkerPreface answer)
    {
        Span<byte> bytes = stackalloc byte[WorkerPreface.SizeBytes];
        answer.Write(bytes);
        socket.Send(bytes);
    }

    /// <summary>It was refused: nothing more is said to it, and what it still says is dropped until it closes or its time is over.</summary>
    internal void Refuse(long now)
    {
        socket.Shutdown(SocketShutdown.Send);
        IsRefused = true;
        _count = 0;
        Since = now;
    }

    /// <summary>A text about who this is, from its first bytes.</summary>
    internal string Describe() => ForeignPeer.Guess(_preface.AsSpan(0, _count)).Description;

    public void Dispose() => socket.Dispose();
}
