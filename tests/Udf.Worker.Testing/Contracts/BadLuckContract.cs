using Udf.Worker.Direct;
using Xunit;

namespace Udf.Worker.Testing.Contracts;

/// <summary>
/// Bad input and bad luck: each case ends in a clear error within a second or within its own time limit, and leaves nothing behind: no process, no zombie, no address, no descriptor.
/// One table; the cases stand in the other parts of this class. Run without other tests beside it: descriptors are counted.
/// </summary>
public abstract partial class BadLuckContract : WorkerContract
{
    /// <summary>How soon an error is there that waits for no time limit.</summary>
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, Func<BadLuckContract, Task>> Cases = new()
    {
        ["executable not found"] = contract => contract.ExecutableNotFoundAsync(),
        ["executable not executable"] = contract => contract.ExecutableNotExecutableAsync(),
        ["worker exits at once"] = contract => contract.WorkerExitsAtOnceAsync(),
        ["worker exits at once, and prints more than is kept"] = contract => contract.WorkerExitsAfterMuchOutputAsync(),
        ["worker never listens"] = contract => contract.WorkerNeverListensAsync(),
        ["worker listens and never accepts"] = contract => contract.WorkerNeverAnswersAsync("binds-never-accepts"),
        ["worker accepts and never answers"] = contract => contract.WorkerNeverAnswersAsync("accepts-never-answers"),
        ["worker speaks HTTP/1"] = contract => contract.WorkerSpeaksSomethingElseAsync("http1", "speaks HTTP/1"),
        ["worker speaks HTTP/2"] = contract => contract.WorkerSpeaksSomethingElseAsync("http2", "speaks HTTP/2 (the gRPC carrier?)"),
        ["worker speaks garbage"] = contract => contract.WorkerSpeaksSomethingElseAsync("garbage", "does not speak UDF frames"),
        ["wrong protocol version"] = contract => contract.WorkerSpeaksSomethingElseAsync("wrong-version", "speaks no common version"),
        ["worker without its token"] = contract => contract.WorkerSpeaksSomethingElseAsync("wrong-mac", "could not prove that it has the worker's token"),
        ["worker dies after the preface"] = contract => contract.WorkerDiesAfterPrefaceAsync(),
        ["torn frame"] = contract => contract.TornFrameAsync(),
        ["oversized frame"] = contract => contract.OversizedFrameAsync(),
        ["invalid specification"] = contract => contract.InvalidSpecificationAsync(),
        ["worker killed in init"] = contract => contract.WorkerKilledInInitAsync(),
        ["worker killed in a batch by itself"] = contract => contract.WorkerEndsInABatchAsync("kill", "was ended by SIGKILL"),
        ["worker exits in a batch"] = contract => contract.WorkerEndsInABatchAsync("42", "exited with code 42"),
        ["worker killed in a batch from outside"] = contract => contract.WorkerKilledFromOutsideAsync(),
        ["user exception in init"] = contract => contract.UserExceptionInInitAsync(),
        ["user exception in a batch"] = contract => contract.UserExceptionAsync("batch:3", WorkerExecutionPhase.Data, delivered: 2),
        ["user exception in finish"] = contract => contract.UserExceptionAsync("finish", WorkerExecutionPhase.Finish, delivered: 4),
        ["unknown function"] = contract => contract.UnknownFunctionAsync(),
        ["unsupported data format"] = contract => contract.UnsupportedDataFormatAsync(),
        ["dispatcher closed while sessions run"] = contract => contract.DispatcherClosedAsync(),
        ["cancel before init"] = contract => contract.CancelBeforeInitAsync(),
        ["cancel in init"] = contract => contract.CancelInInitAsync(),
        ["cancel in the middle"] = contract => contract.CancelInTheMiddleAsync(),
        ["cancel after the end"] = contract => contract.CancelAfterTheEndAsync(),
        ["cancel that the worker does not confirm"] = contract => contract.CancelNotConfirmedAsync(),
        ["function that never looks at cancellation"] = contract => contract.SpinningFunctionAsync(),
        ["consumer that stops reading and goes on"] = contract => contract.SlowConsumerAsync(),
    };

    public static TheoryData<string> CaseNames => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(CaseNames))]
    public async Task BadLuck_EndsInAClearErrorAndLeavesNothing(string name)
    {
        await WarmUpAsync();
        var before = Descriptors.Open();

        await Cases[name](this);

        // What ended of itself is gone before anybody closes the dispatcher.
        AssertNothingLeft();
        await CloseDispatchersAsync();
        AssertNothingLeft();
        Assert.Empty(await Descriptors.LeftSinceAsync(before, Prompt));
    }

    /// <summary>What the framework opens once and keeps is there before anything is counted.</summary>
    private async Task WarmUpAsync()
    {
        await using DirectWorkerDispatcher dispatcher = Transport.CreateDispatcher(Connected(Program.Specification));
        await using WorkerSession session = await StartAsync(dispatcher, "udf.echo");
    }

    /// <summary>Fails with an error of a type, no later than a second after a limit of its own, if it has one.</summary>
    private static async Task<T> FailsAsync<T>(Func<Task> act, TimeSpan ownLimit = default)
        where T : Exception
    {
        long begun = TimeProvider.System.GetTimestamp();
        T error = await Assert.ThrowsAnyAsync<T>(() => act().DefaultTimeout());
        TimeSpan elapsed = TimeProvider.System.GetElapsedTime(begun);
        Assert.True(elapsed < ownLimit + Prompt, $"The error came after {elapsed}: {error.Message}");
        return error;
    }

    private static void AssertSays(Exception error, params string[] parts) =>
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));

    /// <summary>The error knows the worker that it is about.</summary>
    private void AssertNamesTheWorker(WorkerException error)
    {
        Assert.Equal(Trace.ProcessIds[^1], error.ProcessId);
        Assert.Equal(Trace.Addresses[^1], error.Endpoint);
        Assert.False(string.IsNullOrEmpty(error.WorkerId));
    }
}
