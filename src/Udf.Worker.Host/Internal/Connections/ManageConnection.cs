using Google.Protobuf;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Transport;
using Udf.Worker.Transport.Internal;

namespace Udf.Worker.Host.Internal;

/// <summary>
/// The one manage connection, on a thread of its own: it answers whatever the functions do. When it is lost the worker ends, because then nobody is there who could end it.
/// </summary>
internal sealed class ManageConnection : IStoppable
{
    private readonly ByteChannel _channel;
    private readonly WorkerCore _worker;
    private readonly FrameWriter _writer;

    internal ManageConnection(ByteChannel channel, WorkerCore worker)
    {
        _channel = channel;
        _worker = worker;
        _writer = new FrameWriter(channel);
    }

    /// <inheritdoc/>
    public void Stop(ExecutionStop stop, string reason)
    {
        if (stop == ExecutionStop.End)
        {
            _channel.Abort();
        }
    }

    /// <summary>Serves the connection until it ends, and ends the worker then. Blocks; throws nothing.</summary>
    internal void Run()
    {
        // A ShutdownRequest with a reason has the bytes of a batch, so nothing is taken for one here.
        UdfWorkerOptions options = _worker.Options;
        using FrameReader reader = new(_channel, _worker.FrameLimit, options.FrameStallTimeout, options.TimeProvider, separatesData: false);
        _worker.Executions.Add(this);
        bool isViolation = false;
        string? problem;
        try
        {
            do
            {
                problem = HandleNext(reader, out isViolation);
            }
            while (problem is null);
        }
#pragma warning disable CA1031 // Without its manage connection the worker must end, whatever broke it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            problem = exception is IOException ? exception.Message : exception.ToString();
        }

        _worker.Executions.Remove(this);
        if (isViolation)
        {
            // There is no field for an error here. The end of the stream is the answer, and the engine may read what was answered before.
            LingeringClose.Run(_channel, options.TimeProvider);
        }

        _worker.Lifetime.End(isViolation ? WorkerExitCodes.ProtocolViolation : WorkerExitCodes.Ended, $"Its manage connection is over: {problem}");
        _channel.Abort();
    }

    // What ends the connection, or null.
    private string? HandleNext(FrameReader reader, out bool isViolation)
    {
        ReceivedFrame frame = reader.Receive();
        using (frame.Buffer)
        {
            isViolation = frame.Fault?.Refused is not null;
            return frame.Kind switch
            {
                FrameKind.Message => HandleMessage(frame.Buffer!.Memory.Span, out isViolation),
                FrameKind.End => "the engine has closed it.",
                FrameKind.Broken => frame.Fault!.Message,
                FrameKind.Data => throw new InvalidOperationException("No data is told apart here."),
                _ => throw new InvalidOperationException($"Unknown kind of frame {frame.Kind}."),
            };
        }
    }

    private string? HandleMessage(ReadOnlySpan<byte> message, out bool isViolation)
    {
        WorkerRequest request;
        isViolation = true;
        try
        {
            request = WorkerRequest.Parser.ParseFrom(message);
        }
        catch (InvalidProtocolBufferException exception)
        {
            return $"a request cannot be decoded. {exception.Message}";
        }

        switch (request.ManageCase)
        {
            case WorkerRequest.ManageOneofCase.Heartbeat:
                _writer.Send(new WorkerResponse { Heartbeat = new HeartbeatResponse() });
                break;
            case WorkerRequest.ManageOneofCase.Shutdown:
                ShutDown(request.Shutdown);
                break;
            case WorkerRequest.ManageOneofCase.CancelExecution:
                CancelExecution(request.CancelExecution);
                break;
            case WorkerRequest.ManageOneofCase.None:
                return "a request asks for nothing that this version knows.";
            default:
                throw new InvalidOperationException($"Unknown request {request.ManageCase}.");
        }

        isViolation = false;
        return null;
    }

    private void ShutDown(ShutdownRequest request)
    {
        string? reason = request.HasReason ? request.Reason : null;
        bool isSettled = _worker.Lifetime.ShutDown(reason, request.CancelSessions);
        _writer.Send(new WorkerResponse { Shutdown = new ShutdownResponse { SessionsSettled = isSettled } });
        _worker.Lifetime.EndWhenSettled(request.CancelSessions);
    }

    private void CancelExecution(CancelExecutionRequest request)
    {
        bool found = _worker.Executions.Cancel(request.ExecutionId, request.HasReason ? request.Reason : null);
        _writer.Send(new WorkerResponse { CancelExecution = new CancelExecutionResponse { Found = found } });
    }
}
