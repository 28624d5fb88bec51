using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using Udf.Worker.Benchmarks.RoundTrips;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Messages in one direction on blocking sockets, with a connection for each run: its end says that all have come.</summary>
internal sealed class SocketOneWay(SubjectDescription description) : Subject
{
    private readonly byte[] _frame = SocketMessages.CreateFrame(description.PayloadBytes);
    private readonly byte[] _count = new byte[sizeof(long)];
    private RawEcho? _raw;

    internal override Task StartAsync()
    {
        _raw = RawEcho.OverUnixDomainSocket(_frame.Length, description.Kind == SubjectKind.ToWorker ? EchoFunction.Sink : EchoFunction.Source);
        return RunAsync(2);
    }

    internal override Task<TimeSpan> RunAsync(int count)
    {
        long begun = Stopwatch.GetTimestamp();
        using Socket socket = _raw!.OpenFurther();
        if (description.Kind == SubjectKind.ToWorker)
        {
            Send(socket, count);
        }
        else
        {
            Receive(socket, count);
        }

        return Task.FromResult(Stopwatch.GetElapsedTime(begun));
    }

    public override ValueTask DisposeAsync()
    {
        _raw?.Dispose();
        return default;
    }

    private void Send(Socket socket, int count)
    {
        for (int index = 0; index < count; index++)
        {
            RawSockets.Send(socket, _frame);
        }

        socket.Shutdown(SocketShutdown.Send);
        if (socket.Receive(_count) != 0)
        {
            throw new InvalidOperationException("The server answered what is not to be answered.");
        }
    }

    private void Receive(Socket socket, int count)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_count, count);
        RawSockets.Send(socket, _count);
        for (int index = 0; index < count; index++)
        {
            if (!RawSockets.TryReceive(socket, _frame))
            {
                throw new InvalidOperationException("The server sent less than it was asked for.");
            }
        }
    }
}
