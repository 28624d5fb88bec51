using System.Runtime.CompilerServices;
using System.Text;
using Udf.Worker.Artifacts;
using Udf.Worker.Host;
using Udf.Worker.Testing;

namespace Udf.Worker.Isolation.Tests;

/// <summary>An engine's sessions and a worker's, with nothing between them but what travels.</summary>
public abstract class SessionTest : IAsyncLifetime
{
    private IsolatedSessions? _sessions;

    private protected string Scratch { get; } = Directory.CreateTempSubdirectory("udf-isolation-").FullName;

    private protected ArtifactStore Store { get; private set; } = null!;

    private protected ManualTimeProvider Clock { get; } = new();

    private protected ListLoggerFactory Logs { get; } = new();

    private protected IsolatedSessionOptions Options { get; } = new();

    private protected IsolatedSessions Sessions => _sessions ??= new IsolatedSessions(Options);

    public Task InitializeAsync()
    {
        Options.TimeProvider = Clock;
        Options.LoggerFactory = Logs;
        Store = new ArtifactStore(new ArtifactStoreOptions { RootDirectory = Path.Combine(Scratch, "root") });
        return Task.CompletedTask;
    }

    public virtual async Task DisposeAsync()
    {
        if (_sessions is not null)
        {
            await _sessions.DisposeAsync().DefaultTimeout();
        }

        await Store.DisposeAsync().DefaultTimeout();
        Directory.Delete(Scratch, recursive: true);
    }

    private protected async Task<ArtifactSession> SessionAsync(string name, params TestAssembly[] assemblies)
    {
        ArtifactSession session = Store.GetOrCreateSession("u", name);
        foreach (TestAssembly assembly in assemblies)
        {
            await session.AddAsync($"assemblies/{assembly.Name}.dll", assembly.Bytes);
        }

        return session;
    }

    /// <summary>The beginning of an execution: the function, as the worker's host gets it.</summary>
    private protected async Task<UdfFunctionLease> BeginAsync(ArtifactSet? artifacts, WorkerPayload payload)
    {
        WorkerInit init = new WorkerInit(payload).WithArtifacts(artifacts);
        UdfContext context = new() { Payload = payload, TaskContext = init.TaskContext, ExecutionId = "e1" };
        UdfFunctionLease? lease = await Sessions.ResolveAsync(context, default).DefaultTimeout();
        Assert.NotNull(lease);
        await lease.Function.InitAsync(context);
        return lease;
    }

    private protected static async Task<string> ProcessAsync(UdfFunctionLease lease, string batch)
    {
        CollectedOutput output = new();
        await lease.Function.ProcessAsync(Encoding.UTF8.GetBytes(batch), output).DefaultTimeout();
        return string.Join(' ', output.Batches);
    }

    /// <summary>A whole execution of one batch.</summary>
    // Its own frame, so that nothing of the session stays in that of a test.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private protected async Task<string> RunAsync(ArtifactSet? artifacts, WorkerPayload payload, string batch = "")
    {
        await using UdfFunctionLease lease = await BeginAsync(artifacts, payload);
        return await ProcessAsync(lease, batch);
    }
}
