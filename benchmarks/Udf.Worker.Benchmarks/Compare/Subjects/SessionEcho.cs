using System.Diagnostics;
using Udf.Worker.Benchmarks.RoundTrips;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Batches there and back through a session on a warm worker, pipelined: the input never lets the session wait.</summary>
internal sealed class SessionEcho(SubjectDescription description) : Subject
{
    private readonly byte[] _payload = TestPayload.Create(description.PayloadBytes);
    private WorkerEcho? _echo;

    internal override async Task StartAsync()
    {
        _echo = await WorkerEcho.StartAsync(SessionDispatchers.Create(description), _payload, SessionDispatchers.Options(description));
        for (int round = 0; round < 2; round++)
        {
            await RunAsync(2);
            TestPayload.Check(_echo.Answer, _payload);
        }
    }

    internal override async Task<TimeSpan> RunAsync(int count)
    {
        long begun = Stopwatch.GetTimestamp();
        _echo!.Push(count);
        for (int index = 0; index < count; index++)
        {
            if (!await _echo.ReceiveAsync())
            {
                throw new InvalidOperationException("The worker ended the stream instead of answering.");
            }
        }

        return Stopwatch.GetElapsedTime(begun);
    }

    public override ValueTask DisposeAsync() => _echo?.DisposeAsync() ?? default;
}
