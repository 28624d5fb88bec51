using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.Loader;
using System.Text;
using IsolatedSessions.Pricing;
using IsolatedSessions.Worker;
using Udf.Worker;
using Udf.Worker.Artifacts;

namespace IsolatedSessions.Engine;

/// <summary>What each session runs, and what is written down of it.</summary>
internal sealed class SessionRuns(ArtifactStore store, PricingPool pool) : IDisposable
{
    private const int ExecutionCount = 20;
    private const int SessionCount = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, string> _directories = new();
    private readonly ConcurrentDictionary<int, string> _directoriesOfVersions = new();
    private readonly TaskCompletionSource _allHaveUploaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _turn = new(1);
    private int _uploads;

    /// <summary>Each answer as it came: the worker, and which version it was of.</summary>
    public ConcurrentQueue<(string WorkerId, string Version)> Timeline { get; } = new();

    /// <summary>What the workers held when the first session had expired and the second still ran.</summary>
    public SortedDictionary<string, WorkerReport>? AfterExpiry { get; private set; }

    /// <summary>A session uploads its version of the assembly and runs it.</summary>
    public async Task<Tally> RunVersionAsync(PricingAssembly pricing)
    {
        Tally tally = new($"ann / prices {pricing.Version}");
        await store.WithSessionAsync("ann", $"prices {pricing.Version}", async session =>
        {
            WorkerInit init = await UploadAsync(session, pricing);
            await RunInTurnsAsync(init, (workerId, answer, quantity) => Count(tally, workerId, answer, pricing, quantity));
            return true;
        });
        return tally;
    }

    /// <summary>A lambda with what it has captured; nothing was built for it.</summary>
    public async Task<Tally> RunLambdaAsync()
    {
        Tally tally = new("bob / a lambda");
        double rate = 1.19;
        UdfPayload lambda = Ship(rate, ["net", "gross"]);
        await store.WithSessionAsync("bob", "lambda", async session =>
        {
            await lambda.AddToAsync(session);
            _directories[session.Id] = session.Directory;
            WorkerInit init = new WorkerInit(lambda.Payload).WithArtifacts(session.Artifacts);
            await RunInTurnsAsync(init, (workerId, text, net) =>
            {
                string[] answer = text.Split('|');
                tally.Add(workerId, "lambda", OriginOf(answer[1], "IsolatedSessions.dll"), answer[0] == string.Create(CultureInfo.InvariantCulture, $"gross {net * rate}"));
                Timeline.Enqueue((workerId, "L"));
            });
            return true;
        });
        return tally;
    }

    /// <summary>One execution on each worker, which go on until another session has expired in engine and workers, and a while longer.</summary>
    public async Task<Tally> RunWhileExpiringAsync(PricingAssembly pricing, PricingAssembly leftAlone)
    {
        string leftAloneDirectory = _directoriesOfVersions[leftAlone.Version];
        string leftAloneContext = ContextOf(Path.GetFileName(leftAloneDirectory));
        Tally tally = new($"ann / prices {pricing.Version}, while {leftAlone.Version} expires");
        await store.WithSessionAsync("ann", $"prices {pricing.Version}", async session =>
        {
            WorkerInit init = await UploadAsync(session, pricing);
            using CancellationTokenSource enough = new(Patience);
            WorkerSession[] executions = await Task.WhenAll(Enumerable.Range(0, PricingPool.WorkerCount).Select(_ => pool.BeginAsync(init)));
            Task<int>[] streams = [.. executions.Select(execution => StreamAsync(execution, tally, pricing, enough.Token))];
            do
            {
                await Task.Delay(PricingWorker.IdleTimeout / 4);
                AfterExpiry = await pool.ReportAsync();
            }
            while (!enough.IsCancellationRequested
                && (Directory.Exists(leftAloneDirectory) || AfterExpiry.Values.Any(worker => worker.Sessions.Contains(leftAloneContext))));

            await enough.CancelAsync();
            await Task.WhenAll(streams);
            return true;
        });
        return tally;
    }

    /// <summary>Waits until no worker has code of any session, or for too long.</summary>
    public async Task<SortedDictionary<string, WorkerReport>> WaitUntilForgottenAsync()
    {
        SortedDictionary<string, WorkerReport> workers;
        int left = (int)(Patience / PricingWorker.IdleTimeout) * 4;
        do
        {
            await Task.Delay(PricingWorker.IdleTimeout / 4);
            workers = await pool.ReportAsync();
        }
        while (--left > 0 && workers.Values.Any(worker => worker.Sessions.Count > 0));
        return workers;
    }

    public void Dispose() => _turn.Dispose();

    // In a method of its own: lambdas of one scope share the object that keeps their variables, and only this one's are to travel.
    private static UdfPayload Ship(double rate, string[] names) => UdfPayload.FromDelegate((ReadOnlyMemory<byte> batch) =>
    {
        double net = double.Parse(Encoding.UTF8.GetString(batch.Span), CultureInfo.InvariantCulture);
        string context = AssemblyLoadContext.GetLoadContext(typeof(SessionRuns).Assembly)!.Name!;
        return (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{names[1]} {net * rate}|{context}"));
    });

    /// <summary>Waits until every session is ready; then they take turns, and whose turn it is begins an execution on each worker. What is begun runs while the others have their turns.</summary>
    private async Task RunInTurnsAsync(WorkerInit init, Action<string, string, int> answered)
    {
        if (Interlocked.Increment(ref _uploads) == SessionCount)
        {
            _allHaveUploaded.TrySetResult();
        }

        await _allHaveUploaded.Task.WaitAsync(Patience);
        for (int number = 1; number <= ExecutionCount; number += PricingPool.WorkerCount)
        {
            List<WorkerSession> begun = [];
            await _turn.WaitAsync();
            try
            {
                while (begun.Count < PricingPool.WorkerCount)
                {
                    begun.Add(await pool.BeginAsync(init));
                }
            }
            finally
            {
                _turn.Release();
            }

            await Task.WhenAll(begun.Select(async (session, index) => answered(session.WorkerId, await PricingPool.RunAsync(session, $"{number + index}"), number + index)));
        }
    }

    private static string ContextOf(string sessionId) => $"udf session {sessionId}";

    private async Task<WorkerInit> UploadAsync(ArtifactSession session, PricingAssembly pricing)
    {
        await session.AddAsync("assemblies/Pricing.dll", pricing.Bytes);
        _directories[session.Id] = _directoriesOfVersions[pricing.Version] = session.Directory;
        return new WorkerInit(UdfPayload.FromDelegate(pricing.Function).Payload).WithArtifacts(session.Artifacts);
    }

    /// <summary>An execution that asks for one price after another until it is told that it was enough.</summary>
    private async Task<int> StreamAsync(WorkerSession execution, Tally tally, PricingAssembly pricing, CancellationToken enough)
    {
        await using (execution)
        {
            int quantity = 0;
            await foreach (WorkerBatch answer in execution.ProcessAsync(Quantities()))
            {
                quantity++;
                Count(tally, execution.WorkerId, Encoding.UTF8.GetString(answer.Span), pricing, quantity);
            }

            return quantity;
        }

        async IAsyncEnumerable<ReadOnlyMemory<byte>> Quantities()
        {
            for (int next = 1; !enough.IsCancellationRequested || next <= ExecutionCount; next++)
            {
                yield return Encoding.UTF8.GetBytes($"{next}");
                await Task.Delay(5);
            }
        }
    }

    private void Count(Tally tally, string workerId, string text, PricingAssembly pricing, int quantity)
    {
        string[] answer = text.Split('|');
        bool isRight = answer[0] == $"{PricingAssembly.Price(pricing.Version, quantity)}" && answer[1] == $"{pricing.Version}";
        tally.Add(workerId, answer[1], OriginOf(answer[2], "Pricing.dll"), isRight);
        Timeline.Enqueue((workerId, answer[1]));
    }

    /// <summary>The file that code in a load context came from: the context is called by the session, and the session's directory is the engine's.</summary>
    private string OriginOf(string context, string assembly)
    {
        foreach ((string sessionId, string directory) in _directories)
        {
            if (context == ContextOf(sessionId))
            {
                return $"{Path.GetFileName(directory)[..8]}…/assemblies/{assembly}";
            }
        }

        return context;
    }
}
