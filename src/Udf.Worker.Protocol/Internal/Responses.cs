using Google.Protobuf;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol.Internal;

/// <summary>The worker's control messages in their envelopes.</summary>
internal static class Responses
{
    internal static UdfResponse Init(ByteString? data, ExecutionError? error)
    {
        InitResponse response = new();
        if (error is not null)
        {
            response.Error = error;
        }
        else if (data is not null)
        {
            response.Data = data;
        }

        return new UdfResponse { Control = new UdfControlResponse { Init = response } };
    }

    internal static UdfResponse Error(ExecutionError error) =>
        new() { Control = new UdfControlResponse { Error = new ErrorResponse { Error = error } } };

    internal static UdfResponse Finish(ExecutionMetrics? metrics, ByteString? data, ExecutionError? error)
    {
        FinishResponse response = new();
        if (metrics is not null)
        {
            response.Metrics = metrics;
        }

        if (error is not null)
        {
            response.Error = error;
        }
        else if (data is not null)
        {
            response.Data = data;
        }

        return new UdfResponse { Control = new UdfControlResponse { Finish = response } };
    }

    internal static UdfResponse Cancel(ExecutionMetrics? metrics, ExecutionError? error)
    {
        CancelResponse response = new();
        if (metrics is not null)
        {
            response.Metrics = metrics;
        }

        if (error is not null)
        {
            response.Error = error;
        }

        return new UdfResponse { Control = new UdfControlResponse { Cancel = response } };
    }
}
