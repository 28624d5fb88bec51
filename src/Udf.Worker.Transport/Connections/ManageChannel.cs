using Google.Protobuf;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Transport.Internal;

/// <summary>
/// The manage connection: requests and their answers, in order. It is always being read, so that its loss, which is the worker's, is noticed at once.
/// </summary>
internal sealed class ManageChannel : IAsyncDisposable
{
    private readonly FramedChannel _channel;
    private readonly Action<string> _lost;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Queue<PendingRequest> _pending = new();
    private string? _fault;

    private readonly Task _reading;

    /// <param name="channel">A verified channel of role manage; owned.</param>
    /// <param name="lost">Told once, with the reason, when the connection ends, whoever ends it.</param>
    internal ManageChannel(FramedChannel channel, Action<string> lost)
    {
        _channel = channel;
        _lost = lost;
        // The loop outlives the call that opens the connection, so it keeps nothing of that call's context.
        using AsyncFlowControl flow = ExecutionContext.SuppressFlow();
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <exception cref="IOException">The connection is lost.</exception>
    /// <exception cref="OperationCanceledException">The token fell; the answer is dropped when it comes.</exception>
    internal async ValueTask<WorkerResponse> RequestAsync(WorkerRequest request, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        var pending = new PendingRequest((WorkerResponse.ManageOneofCase)request.ManageCase);
        Task sending = SendAsync(request, pending);
        await sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        return await pending.Answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
    }

    /// <summary>Sends, and gives the turn to the next sender, also if nobody waits for it any more.</summary>
    private async Task SendAsync(WorkerRequest request, PendingRequest pending)
    {
        try
        {
            lock (_gate)
            {
                if (_fault is not null)
                {
                    throw new IOException(_fault);
                }

                _pending.Enqueue(pending);
            }

            await _channel.Writer.SendAsync(request).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task ReadAsync()
    {
        string fault;
        do
        {
            ReceivedFrame frame = await _channel.Reader.ReceiveAsync(CancellationToken.None).ConfigureAwait(false);
            using AlignedBuffer? buffer = frame.Buffer;
            fault = frame.Kind switch
            {
                FrameKind.Message => Answer(buffer!.Memory.Span),
                FrameKind.End => "the worker closed its manage connection",
                FrameKind.Broken => frame.Fault!.Message,
                _ => throw new InvalidOperationException($"Unknown frame {frame.Kind}."),
            };
        }
        while (fault.Length == 0);

        Lose(fault);
    }

    /// <summary>Gives an answer to the oldest request.</summary>
    /// <returns>What is wrong with the answer; empty if nothing is.</returns>
    private string Answer(ReadOnlySpan<byte> message)
    {
        WorkerResponse response;
        try
        {
            response = WorkerResponse.Parser.ParseFrom(message);
        }
        catch (InvalidProtocolBufferException exception)
        {
            return $"the worker sent a message on its manage connection that cannot be decoded ({exception.Message})";
        }

        PendingRequest? pending;
        lock (_gate)
        {
            _pending.TryDequeue(out pending);
        }

        if (pending is null || response.ManageCase != pending.Expected)
        {
            pending?.Answer.TrySetException(new IOException($"the worker answered {response.ManageCase}, which is not what was asked"));
            return $"the worker answered {response.ManageCase} on its manage connection where {pending?.Expected.ToString() ?? "nothing"} was due";
        }

        pending.Answer.TrySetResult(response);
        return "";
    }

    private void Lose(string fault)
    {
        PendingRequest[] orphans;
        lock (_gate)
        {
            _fault = fault;
            orphans = [.. _pending];
            _pending.Clear();
        }

        _channel.Bytes.Abort();
        foreach (PendingRequest orphan in orphans)
        {
            orphan.Answer.TrySetException(new IOException(fault));
        }

        _lost(fault);
    }

    private sealed class PendingRequest(WorkerResponse.ManageOneofCase expected)
    {
        // Request and response use the same field numbers, so the branch of the one is the branch of the other.
        internal WorkerResponse.ManageOneofCase Expected { get; } = expected;

        internal TaskCompletionSource<WorkerResponse> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
