using System.Runtime.ExceptionServices;
using System.Text;
using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Testing;

/// <summary>A session that is held in one state of its life.</summary>
public sealed class HeldSession(WorkerSession session, WorkerTrace trace)
{
    public WorkerSession Session { get; } = session;

    public int WorkerProcessId { get; } = trace.ProcessIds[^1];

    /// <summary>What the caller of the session is waiting for, or does next: it ends with the error that the caller sees.</summary>
    public Func<Task> GoOn { get; set; } = static () => Task.CompletedTask;

    /// <summary>Begins an operation now; what it ends with is seen when the test goes on.</summary>
    internal void GoOnNow(Func<Task> operation)
    {
        Task running = operation();
        GoOn = () => running;
    }

    internal async Task InitAsync(string place) => await Session.InitAsync(new WorkerInit(new WorkerPayload("test.hold", Encoding.UTF8.GetBytes(place))));

    internal async Task ReadAllAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> input) => await Session.ProcessAsync(input).ReadAllAsync();

    /// <summary>Closes the session, and throws what it ended with.</summary>
    internal async Task CloseAsync()
    {
        if ((await Session.CloseAsync()).Exception is { } exception)
        {
            ExceptionDispatchInfo.Throw(exception);
        }
    }

    /// <summary>Ends when the worker has said where it is held.</summary>
    internal Task WaitForWorkerAsync(string place) =>
        trace.Logs.WaitForAsync(entry => entry.Id.Name == "StandardError" && entry.Message.EndsWith($"held in {place}", StringComparison.Ordinal));
}
