using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Small messages there and back, one at a time on each of many connections, with one thread and <c>epoll</c> on each side.</summary>
internal sealed class EpollSessions(SubjectDescription description) : Subject
{
    private readonly byte[] _frame = SocketMessages.CreateFrame(description.PayloadBytes);
    private readonly Socket[] _sockets = new Socket[description.SessionCount];
    private readonly int[] _handles = new int[description.SessionCount];
    private readonly int[] _ready = new int[description.SessionCount];
    private readonly int[] _left = new int[description.SessionCount];
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"udf-bench-{Environment.ProcessId}-epoll.sock");
    private byte[] _answer = [];
    private Process? _server;
    private int _poll;

    internal override int SessionCount => description.SessionCount;

    internal override Task StartAsync()
    {
        _answer = new byte[_frame.Length];
        File.Delete(_path);
        _server = ThisProgram.Start(EpollServer.Mode, _path, _frame.Length.ToString(CultureInfo.InvariantCulture), _sockets.Length.ToString(CultureInfo.InvariantCulture));
        _poll = EpollCalls.Create();
        for (int index = 0; index < _sockets.Length; index++)
        {
            _sockets[index] = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            _sockets[index].Connect(new UnixDomainSocketEndPoint(_path));
            _handles[index] = (int)_sockets[index].Handle;
            EpollCalls.Watch(_poll, _sockets[index], index);
        }

        Run(2);
        TestPayload.Check(_answer, _frame);
        return Task.CompletedTask;
    }

    internal override Task<TimeSpan> RunAsync(int count) => Task.FromResult(Run(count));

    public override ValueTask DisposeAsync()
    {
        foreach (Socket socket in _sockets)
        {
            socket.Dispose();
        }

        _server?.WaitForExit();
        _server?.Dispose();
        File.Delete(_path);
        return default;
    }

    private TimeSpan Run(int count)
    {
        long begun = Stopwatch.GetTimestamp();
        for (int index = 0; index < _handles.Length; index++)
        {
            _left[index] = count;
            EpollCalls.Send(_handles[index], _frame);
        }

        long left = (long)count * _handles.Length;
        while (left > 0)
        {
            int ready = EpollCalls.Wait(_poll, _ready);
            left -= ready;
            for (int index = 0; index < ready; index++)
            {
                int number = _ready[index];
                if (!EpollCalls.TryReceive(_handles[number], _answer))
                {
                    throw new InvalidOperationException("The server closed a connection.");
                }

                if (--_left[number] > 0)
                {
                    EpollCalls.Send(_handles[number], _frame);
                }
            }
        }

        return Stopwatch.GetElapsedTime(begun);
    }
}
