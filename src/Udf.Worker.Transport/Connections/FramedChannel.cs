using System.Security.Cryptography;
using Udf.Worker.Protocol;

namespace Udf.Worker.Transport.Internal;

/// <summary>One connection of the engine to a worker: a channel, what reads and writes frames on it, and where its preface stands.</summary>
internal sealed class FramedChannel : ExecutionChannel
{
    private readonly EnginePreface _sent;
    private readonly WorkerToken? _token;
    private readonly byte[] _answer = new byte[WorkerPreface.SizeBytes];
    private int _answered;
    private bool _isVerified;

    internal FramedChannel(ByteChannel bytes, ConnectionRole role, WorkerToken? token, FramedConnectionOptions options, TimeProvider timeProvider)
    {
        Bytes = bytes;
        if (role is ConnectionRole.Execute or ConnectionRole.Multiplex && bytes is SocketByteChannel socket)
        {
            socket.DedicateReader();
        }

        _token = token;
        _sent = EnginePreface.Create(role, token, RandomNumberGenerator.Create());
        Reader = new FrameReader(bytes, options.FrameLimit, options.FrameStallTimeout, timeProvider, separatesData: role == ConnectionRole.Execute);
        Writer = new FrameWriter(bytes);
    }

    internal ByteChannel Bytes { get; }

    internal override FrameReader Reader { get; }

    internal override FrameWriter Writer { get; }

    /// <inheritdoc/>
    internal override bool IsVerified => _isVerified;

    /// <inheritdoc/>
    internal override void SetContinuesInline(bool value) => (Bytes as SocketByteChannel)?.SetContinuesInline(value);

    /// <inheritdoc/>
    internal override void SetPolling(TimeSpan limit, TimeProvider timeProvider) => (Bytes as SocketByteChannel)?.SetPolling(limit, timeProvider);

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

    /// <inheritdoc/>
    /// <returns>What it says. Nothing but an acceptance leaves the channel usable.</returns>
    internal override async ValueTask<WorkerPrefaceCheck> VerifyAsync(CancellationToken cancellationToken)
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
        _isVerified = check.Outcome == WorkerPrefaceOutcome.Accepted;
        return check;
    }

    /// <inheritdoc/>
    internal override void Abort() => Bytes.Abort();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await Bytes.DisposeAsync().ConfigureAwait(false);
        Reader.Dispose();
    }
}
