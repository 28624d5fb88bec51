using Udf.Worker.Direct;
using Xunit;

namespace Udf.Worker.Testing.Contracts;

/// <summary>
/// Bad input and bad luck of a host whose workers are as they should be (<see cref="HostileWorkerContract"/> has the others): each case ends in a clear error within a second, and leaves nothing behind:
/// no process, no zombie, no address, no descriptor, no file. One table; the cases stand in the other parts of this class. Run without other tests beside it: descriptors are counted.
/// </summary>
public abstract partial class BadLuckContract : WorkerContract
{
    // Found here, before anything of the session is sent.
    private const string RefusedUnsent = "unsupported data format";

    /// <summary>How soon an error is there that waits for no time limit.</summary>
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, Func<BadLuckContract, Task>> Cases = new()
    {
        ["executable not found"] = contract => contract.ExecutableNotFoundAsync(),
        ["executable not executable"] = contract => contract.ExecutableNotExecutableAsync(),
        ["invalid specification"] = contract => contract.InvalidSpecificationAsync(),
        ["user exception in init"] = contract => contract.UserExceptionInInitAsync(),
        ["user exception in a batch"] = contract => contract.UserExceptionAsync("batch:3", WorkerExecutionPhase.Data, delivered: 2),
        ["user exception in finish"] = contract => contract.UserExceptionAsync("finish", WorkerExecutionPhase.Finish, delivered: 4),
        ["unknown function"] = contract => contract.UnknownFunctionAsync(),
        [RefusedUnsent] = contract => contract.UnsupportedDataFormatAsync(),
        ["dispatcher closed while sessions run"] = contract => contract.DispatcherClosedAsync(),
        ["cancel before init"] = contract => contract.CancelBeforeInitAsync(),
        ["cancel in init"] = contract => contract.CancelInInitAsync(),
        ["cancel in the middle"] = contract => contract.CancelInTheMiddleAsync(),
        ["cancel after the end"] = contract => contract.CancelAfterTheEndAsync(),
        ["consumer that stops reading and goes on"] = contract => contract.SlowConsumerAsync(),
    };

    public static TheoryData<string> CaseNames => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(CaseNames))]
    [Failure("the function failed")]
    public async Task BadLuck_EndsInAClearErrorAndLeavesNothing(string name)
    {
        await WarmUpAsync();
        using var directory = TestDirectory.Enter();
        var before = HostFootprint.Take();

        await Cases[name](this);

        if (name == RefusedUnsent)
        {
            // The worker has had no session yet, and waits for one.
            Assert.Equal(Trace.ProcessIds, Trace.Running());
        }
        else
        {
            // What ended of itself is gone before anybody closes the dispatcher.
            AssertNothingLeft();
        }

        await CloseDispatchersAsync();
        AssertNothingLeft();
        Assert.Empty(await before.FindDifferenceAsync());
    }

    /// <summary>Fails with an error of a type within a second.</summary>
    private static async Task<T> FailsAsync<T>(Func<Task> act)
        where T : Exception
    {
        long begun = TimeProvider.System.GetTimestamp();
        T error = await Assert.ThrowsAnyAsync<T>(() => act().DefaultTimeout());
        TimeSpan elapsed = TimeProvider.System.GetElapsedTime(begun);
        Assert.True(elapsed < Machine.Stretch(Prompt), $"The error came after {elapsed}: {error.Message}");
        return error;
    }

    private static void AssertSays(Exception error, params string[] parts) =>
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
}
