using System.Diagnostics;
using System.Globalization;
using System.Text;
using Udf.Worker.Benchmarks.RoundTrips;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>Batches in one direction through a session for each run on a warm worker: to <c>udf.sink</c>, or from <c>udf.generate</c>. The time has the whole session in it.</summary>
internal sealed class SessionOneWay(SubjectDescription description) : Subject
{
    private readonly byte[] _payload = TestPayload.Create(description.PayloadBytes);
    private readonly WorkerDispatcher _dispatcher = SessionDispatchers.Create(description);

    internal override Task StartAsync() => RunAsync(2);

    internal override async Task<TimeSpan> RunAsync(int count)
    {
        long begun = Stopwatch.GetTimestamp();
        await using (WorkerSession session = await _dispatcher.CreateSessionAsync(SessionDispatchers.Options(description)))
        {
            await session.InitAsync(new WorkerInit(FunctionFor(count)));
            var input = new BurstInput(_payload);
            if (description.Kind == SubjectKind.ToWorker)
            {
                input.Push(count);
            }

            input.End();
            int received = 0;
            await foreach (WorkerBatch batch in session.ProcessAsync(input))
            {
                received += batch.Length == _payload.Length ? 1 : throw new InvalidOperationException("A batch has another length than was asked for.");
            }

            if (received != (description.Kind == SubjectKind.ToWorker ? 0 : count))
            {
                throw new InvalidOperationException($"The worker sent {received} batches.");
            }
        }

        return Stopwatch.GetElapsedTime(begun);
    }

    public override ValueTask DisposeAsync() => _dispatcher.DisposeAsync();

    private WorkerPayload FunctionFor(int count) => description.Kind == SubjectKind.ToWorker
        ? new WorkerPayload("udf.sink")
        : new WorkerPayload("udf.generate", Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{count},{_payload.Length}")));
}
