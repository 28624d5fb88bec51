using System.Collections.Frozen;
using Udf.Worker.Testing.Contracts;

namespace Udf.Worker.Testing;

/// <summary>
/// Brings a session into each state of its life, and keeps it there: for tests that kill its worker or its host right then. When a state is reached is said by the worker or known from the session, never guessed by time.
/// The worker is <see cref="WorkerProgram.TestWorker"/>.
/// </summary>
public static class SessionStates
{
    // More than the buffers of the kernel take.
    private const int LargeBatchBytes = 16 * TestBatches.MiB;

    private static readonly FrozenDictionary<string, Func<HeldSession, Task>> States = new Dictionary<string, Func<HeldSession, Task>>
    {
        ["created"] = held =>
        {
            held.GoOn = () => held.InitAsync("");
            return Task.CompletedTask;
        },
        ["init sent"] = held =>
        {
            held.GoOnNow(() => held.InitAsync("init"));
            return held.WaitForWorkerAsync("init");
        },
        ["initialized"] = async held =>
        {
            await held.InitAsync("");
            held.GoOn = () => held.ReadAllAsync(TestBatches.Held());
        },
        ["streaming, nothing sent"] = async held =>
        {
            await held.InitAsync("");
            var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            ScriptedInput input = TestBatches.Held();
            input.OnStart = () => asked.TrySetResult();
            held.GoOnNow(() => held.ReadAllAsync(input));
            await asked.Task;
        },
        ["a batch in flight"] = async held =>
        {
            await held.InitAsync("");
            ProcessTable.Stop(held.WorkerProcessId);

            // When the call returns, the kernel has taken what it takes at once; the rest cannot leave before the worker reads.
            held.GoOnNow(() => held.ReadAllAsync(TestBatches.Held(new byte[LargeBatchBytes])));
        },
        ["the worker computes"] = async held =>
        {
            await held.InitAsync("batch");
            held.GoOnNow(() => held.ReadAllAsync(TestBatches.Held(new byte[10])));
            await held.WaitForWorkerAsync("batch");
        },
        ["results unread"] = async held =>
        {
            await held.InitAsync("results");
            await held.WaitForWorkerAsync("results");
            held.GoOn = () => held.ReadAllAsync(TestBatches.Held());
        },
        ["the last word awaited"] = async held =>
        {
            await held.InitAsync("finish");
            held.GoOnNow(() => held.ReadAllAsync(TestBatches.Stream(new byte[10])));
            await held.WaitForWorkerAsync("finish");
        },
        ["cancelling"] = async held =>
        {
            await held.InitAsync("cancel");
            held.GoOnNow(() => held.ReadAllAsync(TestBatches.Held()));
            await held.Session.CancelAsync("no longer wanted");
            await held.WaitForWorkerAsync("cancel");
        },
        ["closing"] = async held =>
        {
            await held.InitAsync("cancel");
            held.GoOnNow(held.CloseAsync);
            await held.WaitForWorkerAsync("cancel");
        },
    }.ToFrozenDictionary();

    public static IEnumerable<string> Names => States.Keys;

    /// <summary>Makes a session and brings it into a state.</summary>
    /// <param name="dispatcher">Its log must go to the trace.</param>
    /// <param name="trace">Knows the worker.</param>
    /// <param name="state">One of <see cref="Names"/>.</param>
    public static async Task<HeldSession> ReachAsync(WorkerDispatcher dispatcher, WorkerTrace trace, string state)
    {
        // What is held never confirms its cancellation, and whoever kills it is to be the one who ends it.
        var held = new HeldSession(await dispatcher.CreateSessionAsync(new WorkerSessionOptions { CancelTimeout = TimeSpan.FromSeconds(25) }), trace);
        await States[state](held);
        return held;
    }
}
