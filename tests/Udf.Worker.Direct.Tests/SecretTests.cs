using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>Whatever goes wrong, what the host and the specification put into the environment of a process, and the worker's token, stand in no error and in no log.</summary>
public sealed class SecretTests : IDisposable
{
    private const string OfTheHost = "hunter2-of-the-host";
    private const string OfTheSpecification = "hunter2-of-the-specification";
    private const string Variable = "UDF_TEST_PASSWORD";

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

    public SecretTests() => Environment.SetEnvironmentVariable(Variable, OfTheHost);

    public static TheoryData<string> Failures =>
        ["not found", "not executable", "too long", "exits", "is killed", "is not ready", "hook", "launcher", "installation", "installation takes too long", "verification is transient", "limit", "ends in its session"];

    public void Dispose() => Environment.SetEnvironmentVariable(Variable, null);

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Error_OfAnyKind_HoldsNoSecret(string failure)
    {
        var logs = new ListLoggerFactory();
        (WorkerSpecification specification, DirectWorkerOptions options) = Failing(failure);
        var dispatcher = new FakeDispatcher(specification.WithEnvironmentVariable("PASSWORD", OfTheSpecification), options, logs);
        if (failure == "hook")
        {
            dispatcher.OnWaitUntilReady = static (endpoint, _) => throw new WorkerProtocolException($"{endpoint} is none.");
        }

        Exception error = await Assert.ThrowsAnyAsync<WorkerException>(() => UseAsync(dispatcher).DefaultTimeout());
        await dispatcher.DisposeAsync().DefaultTimeout();

        string all = string.Join('\n', logs.Entries.Select(entry => $"{entry.Message} {entry.Exception}").Prepend(error.ToString()));
        Assert.DoesNotContain("hunter2", all, StringComparison.Ordinal);
        Assert.All(dispatcher.Endpoints, endpoint => Assert.DoesNotContain(Convert.ToHexString(endpoint.Secret), all, StringComparison.OrdinalIgnoreCase));

        // Otherwise nothing was looked at.
        Assert.Contains("DispatcherClosed", logs.Entries.Select(entry => entry.Id.Name));
    }

    private static async Task UseAsync(FakeDispatcher dispatcher)
    {
        FakeSession session = await dispatcher.CreateSessionAsync();
        Task<Exception> running = session.RunUntilLostAsync();
        HostProcess.Signal(session.ProcessId, HostProcess.SigKill);
        throw await running;
    }

    private static (WorkerSpecification Specification, DirectWorkerOptions Options) Failing(string failure)
    {
        WorkerSpecification well = Scripts.Worker();
        return failure switch
        {
            "not found" => (Command("udf-no-such-program"), new()),
            "not executable" => (Command("/tmp"), new()),
            "too long" => (Command("/bin/echo", new string('x', 1 << 20)), new()),
            "exits" => (Scripts.Worker("echo last words; exit 42"), new()),
            "is killed" => (Scripts.Worker("kill -KILL $$"), new()),
            "is not ready" => (Scripts.Worker(Scripts.NeverReady).WithInitializationTimeout(Short), new()),
            "launcher" => (well, new() { Launcher = new RefusingLauncher(error: 11, refusals: 100) }),
            "installation" => (well.WithInstallation(Secretive("exit 1")), new()),
            "installation takes too long" => (well.WithInstallation(Secretive("exec sleep 300")), new() { CallableTimeout = Short }),
            "verification is transient" => (well.WithInstallation(Scripts.Callable("true")).WithVerification(Secretive("exit 75")), new() { EnvironmentAttemptCount = 1 }),
            "limit" => (well, new() { Limits = new WorkerLimits { OpenFileCount = int.MaxValue } }),
            "hook" or "ends in its session" => (well, new()),
            _ => throw new ArgumentOutOfRangeException(nameof(failure), failure, "Unknown failure."),
        };
    }

    private static WorkerSpecification Command(string executable, params string[] arguments) => WorkerSpecification.ForCommand(executable, arguments).OverCustom(FakeDispatcher.TransportName);

    private static ProcessCallable Secretive(string script) =>
        Scripts.Callable(script) with { EnvironmentVariables = [KeyValuePair.Create("PASSWORD", OfTheSpecification)] };
}
