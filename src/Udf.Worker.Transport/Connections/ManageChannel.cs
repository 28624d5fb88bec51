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
        _ = SendAsync(request, pending); // Throws nothing, and gives the turn to the next sender also if nobody waits for the answer any more.
        WorkerResponse? answer = await pending.Answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (answer is not null)
        {
            return answer;
        }

        lock (_gate)
        {
            throw new IOException(_fault);
        }
    }

    /// <summary>Ends the connection, because the worker is gone: what it has answered is still taken, everything else is lost.</summary>
    internal void End() => _channel.Bytes.EndBoth();

    public async ValueTask DisposeAsync()
    {
        _channel.Bytes.Abort();
        await _reading.ConfigureAwait(false);

        // Not earlier: the loop receives into its buffers.
        await _channel.DisposeAsync().ConfigureAwait(false);
    }

    private async Task SendAsync(WorkerRequest request, PendingRequest pending)
    {
        try
        {
            lock (_gate)
            {
                if (_fault is not null)
                {
                    pending.Answer.TrySetResult(null);
                    return;
                }

                _pending.Enqueue(pending);
            }

            await _channel.Writer.SendAsync(request).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // What the worker has said before is still read; then the loop tells everybody that it is lost.
            End();
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
                FrameKind.End => "the worker closed it",
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
            return $"the worker sent a message on it that cannot be decoded ({exception.Message})";
        }

        PendingRequest? pending;
        lock (_gate)
        {
            // Stays where it is if the answer is not its own: then it is lost with the others.
            if (_pending.TryPeek(out pending) && pending.Expected == response.ManageCase)
            {
                _pending.Dequeue();
            }
            else
            {
                return $"the worker answered {response.ManageCase} on it where {pending?.Expected.ToString() ?? "nothing"} was due";
            }
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

        // First the reason, then those who will ask for it.
        _lost(fault);
        foreach (PendingRequest orphan in orphans)
        {
            orphan.Answer.TrySetResult(null);
        }
    }

    private sealed class PendingRequest(WorkerResponse.ManageOneofCase expected)
    {
        // Request and response use the same field numbers, so the branch of the one is the branch of the other.
        internal WorkerResponse.ManageOneofCase Expected { get; } = expected;

        /// <summary>The answer; <see langword="null"/> if the connection was lost before it came.</summary>
        internal TaskCompletionSource<WorkerResponse?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
