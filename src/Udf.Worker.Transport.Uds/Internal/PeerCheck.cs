using System.Globalization;
using System.Net.Sockets;
using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Transport.Uds.Internal;

/// <summary>
/// Whether it is the worker that listens at its address, asked before the first byte is sent: a process of this user, and the spawned one or one that comes from it (<see cref="WorkerFamily"/>).
/// One for each worker; it remembers the process that it has found to be the worker's, so that every connection but the first costs one system call. Thread safe.
/// </summary>
/// <param name="endpoint">The worker.</param>
internal sealed class PeerCheck(WorkerEndpoint endpoint)
{
    // A process id is never 0 here; what has been checked stays true, because the kernel noted it when the process began to listen.
    private volatile int _verified;

    /// <summary>Checks who listens at the other end. Where the system does not tell, nothing is checked.</summary>
    /// <exception cref="WorkerProtocolException">It is somebody else.</exception>
    internal void Verify(Socket socket)
    {
        if (OperatingSystem.IsLinux() && PeerCredentials.TryRead(socket) is { } peer)
        {
            Verify(peer, UnixFiles.UserId);
        }
    }

    /// <summary>Checks who listens, given who that is.</summary>
    /// <param name="peer">Who it is.</param>
    /// <param name="user">This process's user.</param>
    /// <exception cref="WorkerProtocolException">It is somebody else.</exception>
    internal void Verify(PeerCredentials peer, uint user)
    {
        if (peer.UserId != user)
        {
            throw Stranger(peer, $"; this process runs as user {user}");
        }

        if (peer.ProcessId == _verified)
        {
            return;
        }

        // A launcher's business: a process in a namespace of its own, or on no machine of which numbers are known. That it is this user is all that can be said.
        if (peer.ProcessId == 0 || endpoint.ProcessId is not { } spawned)
        {
            return;
        }

        if (!WorkerFamily.Contains(peer.ProcessId, spawned, endpoint.WorkerId) && WorkerFamily.CanBeSeen)
        {
            throw Stranger(peer, "");
        }

        _verified = peer.ProcessId;
    }

    private WorkerProtocolException Stranger(PeerCredentials peer, string addition)
    {
        string process = peer.ProcessId == 0
            ? "a process that is not visible from here"
            : string.Create(CultureInfo.InvariantCulture, $"process {peer.ProcessId} ({ProcFileSystem.ProgramOf(peer.ProcessId) ?? "its program cannot be read, or it has ended"})");
        return new WorkerProtocolException(
            $"What listens for worker {endpoint} is not the worker, nor anything that it has started: it is {process} of user {peer.UserId}{addition}. Nothing was sent to it. "
            + $"See what that process is; if it does serve for the worker, because a launcher has it started elsewhere, hand UDF_WORKER_ID on to it, or set {nameof(UdsWorkerOptions)}.{nameof(UdsWorkerOptions.VerifyPeer)} to false.")
        {
            WorkerId = endpoint.WorkerId,
            ProcessId = endpoint.ProcessId,
            Endpoint = endpoint.Address,
        };
    }
}
