using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Host.Internal;

/// <summary>Counts what one execution does, for its terminator. Payload bytes, without frames; times in nanoseconds of the wall clock.</summary>
/// <remarks>The counters of input belong to the execution's thread; those of output to whoever sends, one at a time.</remarks>
internal sealed class ExecutionMeter(TimeProvider timeProvider)
{
    private ulong _bytesIn;
    private ulong _bytesOut;
    private ulong _batchesIn;
    private ulong _batchesOut;
    private long _initTicks;
    private long _receiveTicks;
    private long _sendTicks;
    private long _functionTicks;
    private long _dataBegan;

    internal long Now => timeProvider.GetTimestamp();

    internal void InitEnded(long began)
    {
        _dataBegan = Now;
        _initTicks = _dataBegan - began;
    }

    internal void Received(int bytes, long began)
    {
        _bytesIn += (uint)bytes;
        _batchesIn++;
        _receiveTicks += Now - began;
    }

    internal void Sent(int bytes, long began)
    {
        _bytesOut += (uint)bytes;
        _batchesOut++;
        _sendTicks += Now - began;
    }

    internal void FunctionReturned(long began) => _functionTicks += Now - began;

    internal ExecutionMetrics ToMetrics() => new()
    {
        BytesIn = _bytesIn,
        BytesOut = _bytesOut,
        BatchesIn = _batchesIn,
        BatchesOut = _batchesOut,
        InitWallNanos = Nanos(_initTicks),
        ProcessingWallNanos = Nanos(_dataBegan == 0 ? 0 : Now - _dataBegan),
        ReceiveWallNanos = Nanos(_receiveTicks),
        SendWallNanos = Nanos(_sendTicks),
        WorkWallNanos = Nanos(Math.Max(0, _functionTicks - _sendTicks)),
    };

    private ulong Nanos(long ticks) => (ulong)(Math.Max(0, ticks) * (1e9 / timeProvider.TimestampFrequency));
}
