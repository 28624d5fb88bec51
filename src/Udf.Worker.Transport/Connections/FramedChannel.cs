using System.Security.Cryptography;
using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>One connection of the engine to a worker: a channel, what reads and writes frames on it, and where its preface stands.</summary>
internal sealed class FramedChannel : IAsyncDisposable
{
    private readonly EnginePreface _sent;
    private readonly WorkerToken? _token;
    private readonly byte[] _answer = new byte[WorkerPreface.SizeBytes];
    private int _answered;

    internal FramedChannel(ByteChannel bytes, ConnectionRole role, WorkerToken? token, FramedConnectionOptions options, TimeProvider timeProvider)
    {
        Bytes = bytes;
        if (role == ConnectionRole.Execute && bytes is SocketByteChannel socket)
        {
            socket.DedicateReader();
        }

        _token = token;
        _sent = EnginePreface.Create(role, token, RandomNumberGenerator.Create());
        Reader = new FrameReader(bytes, options.FrameLimit, options.FrameStallTimeout, timeProvider, separatesData: role == ConnectionRole.Execute);
        Writer = new FrameWriter(bytes);
    }

    internal ByteChannel Bytes { get; }

    internal FrameReader Reader { get; }

    internal FrameWriter Writer { get; }

    /// <summary>Whether the worker's answer to the preface has been read and verified.</summary>
    internal bool IsVerified { get; private set; }

    /// <summary>Sets whether who awaits a frame goes on on the thread that has received it, where the channel has such a thread. Thread safe.</summary>
    internal void SetContinuesInline(bool value) => (Bytes as SocketByteChannel)?.SetContinuesInline(value);

    /// <summary>Sends the preface, first of all and at once: a worker does not wait long for it. Frames may follow before it is answered.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException">The token fell; the channel is aborted.</exception>
    internal async ValueTask SendPrefaceAsync(CancellationToken cancellationToken)
    {
        byte[] preface = new byte[EnginePreface.SizeBytes];
        _sent.Write(preface);
        using CancellationTokenRegistration onCancel = cancellationToken.UnsafeRegister(static state => ((ByteChannel)state!).Abort(), Bytes);
        try
        {
            await Bytes.SendAsync(preface, default).ConfigureAwait(false);
        }
        catch (IOException exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The token fell while the preface was being sent.", exception, cancellationToken);
        }
    }

    /// <summary>Reads the worker's answer to the preface.</summary>
    /// <returns>What it says. Nothing but an acceptance leaves the channel usable.</returns>
    /// <exception cref="IOException">The connection broke before the answer.</exception>
    /// <exception cref="OperationCanceledException">The token fell; nothing is lost, the next call goes on.</exception>
    internal async ValueTask<WorkerPrefaceCheck> VerifyAsync(CancellationToken cancellationToken)
    {
        while (_answered < _answer.Length && PrefaceMagic.CanBeginWith(_answer.AsSpan(0, _answered)))
        {
            int count = await Bytes.ReceiveAsync(_answer.AsMemory(_answered), cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                break;
            }

            _answered += count;
        }

        WorkerPrefaceCheck check = WorkerPrefaceCheck.Judge(_sent, _token, _answer.AsSpan(0, _answered));
        IsVerified = check.Outcome == WorkerPrefaceOutcome.Accepted;
        return check;
    }

    /// <summary>Lets go of the connection and its buffers. Nothing may be in flight on it: who is not sure aborts <see cref="Bytes"/> first and waits.</summary>
    public async ValueTask DisposeAsync()
    {
        await Bytes.DisposeAsync().ConfigureAwait(false);
        Reader.Dispose();
    }
}
