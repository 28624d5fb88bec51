using Udf.Worker.Direct;
using Xunit;

namespace Udf.Worker.Testing.Contracts;

// Workers that never come so far as to serve.
public abstract partial class BadLuckContract
{
    private const string InitializationSetting = "direct.properties.initializationTimeoutMs of the specification";

    // A .NET program has to start before it can misbehave; whoever waits for it longer hears of a time-out instead, which is another type.
    private static readonly TimeSpan StartOfDotnet = new DirectWorkerOptions().InitializationTimeout;

    private async Task ExecutableNotFoundAsync()
    {
        WorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerSpecification.ForCommand("udf-no-such-program")));

        var error = await FailsAsync<WorkerStartException>(() => CreateAsync(dispatcher));

        AssertSays(error, "'udf-no-such-program' was not found", "direct.runner.command[0] of the specification");
        Assert.False(error.IsTransient);
    }

    private async Task ExecutableNotExecutableAsync()
    {
        string path = Path.GetTempFileName();
        try
        {
            WorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerSpecification.ForCommand(path)));

            var error = await FailsAsync<WorkerStartException>(() => CreateAsync(dispatcher));

            AssertSays(error, path, "is not executable", "direct.runner.command[0] of the specification");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private async Task WorkerExitsAtOnceAsync()
    {
        WorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerProgram.Script("echo looking around; echo these are my last words >&2; exit 42")));

        var error = await FailsAsync<WorkerStartException>(() => CreateAsync(dispatcher));

        AssertSays(error, "exited with code 42", "looking around", "these are my last words");
        Assert.Equal(new WorkerExit(42, null), error.Exit);
        Assert.Contains("these are my last words", error.OutputTail, StringComparison.Ordinal);
        AssertNamesTheWorker(error);
    }

    private async Task WorkerExitsAfterMuchOutputAsync()
    {
        WorkerSpecification specification = Connected(WorkerProgram.Script("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; exit 7"));
        WorkerDispatcher dispatcher = CreateDispatcher(specification, new DirectWorkerOptions { OutputTailLineCount = 5 });

        var error = await FailsAsync<WorkerStartException>(() => CreateAsync(dispatcher));

        AssertSays(error, "exited with code 7", "line 2999");
        Assert.Equal(["line 2995", "line 2996", "line 2997", "line 2998", "line 2999"], error.OutputTail!.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private async Task WorkerNeverListensAsync()
    {
        var limit = TimeSpan.FromMilliseconds(500);
        WorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerProgram.Script("echo still thinking; exec sleep 300").WithInitializationTimeout(limit)));

        var error = await FailsAsync<WorkerTimeoutException>(() => CreateAsync(dispatcher), limit);

        AssertSays(error, $"within 500 ms ({InitializationSetting})", "it does not accept connections", "still thinking");
        Assert.Equal(limit, error.Timeout);
        Assert.Equal(InitializationSetting, error.Setting);
        AssertNamesTheWorker(error);
    }

    private async Task WorkerNeverAnswersAsync(string fault)
    {
        // Time enough for a .NET program to listen on a busy machine.
        var limit = TimeSpan.FromSeconds(4);
        WorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerProgram.Misbehaving(fault).WithInitializationTimeout(limit)));

        var error = await FailsAsync<WorkerTimeoutException>(() => CreateAsync(dispatcher), limit);

        AssertSays(error, $"within 4000 ms ({InitializationSetting})", "it accepts connections, but has not answered the preface");
        Assert.Equal(limit, error.Timeout);
        AssertNamesTheWorker(error);
    }

    private async Task WorkerSpeaksSomethingElseAsync(string fault, string expected)
    {
        WorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerProgram.Misbehaving(fault)));

        var error = await FailsAsync<WorkerProtocolException>(() => CreateAsync(dispatcher), StartOfDotnet);

        AssertSays(error, expected);
        Assert.False(error.IsTransient);
        AssertNamesTheWorker(error);
    }

    private async Task WorkerDiesAfterPrefaceAsync()
    {
        WorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerProgram.Misbehaving("die-after-preface:7")));

        // Ready is ready: whether the end is seen when the session is made or when it is initialised is a matter of luck.
        var error = await FailsAsync<WorkerException>(
            async () =>
            {
                await using WorkerSession session = await dispatcher.CreateSessionAsync();
                await session.InitAsync(Function("udf.echo"));
            },
            StartOfDotnet);

        AssertSays(error, "exited with code 7");
        AssertNamesTheWorker(error);
    }

    private Task InvalidSpecificationAsync()
    {
        var error = Assert.Throws<WorkerSpecificationException>(() => CreateDispatcher(new WorkerSpecification { Capabilities = new WorkerCapabilities { DataFormats = [WorkerDataFormat.Unspecified] } }));

        // Every problem at once, each with its path and what to do.
        AssertSays(error, "capabilities.supportedDataFormats", "direct");
        Assert.True(error.Problems.Count >= 2);
        Assert.All(error.Problems, problem => Assert.False(string.IsNullOrEmpty(problem.Remedy)));
        return Task.CompletedTask;
    }

    private static async Task CreateAsync(WorkerDispatcher dispatcher)
    {
        await using WorkerSession session = await dispatcher.CreateSessionAsync();
    }
}
