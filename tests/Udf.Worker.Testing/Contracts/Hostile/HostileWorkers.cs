using System.Collections.Frozen;
using Udf.Worker.Direct;
using Udf.Worker.Transport;
using Xunit;
using static Udf.Worker.Testing.Contracts.HostileStep;
using static Udf.Worker.Testing.WorkerProgram;

namespace Udf.Worker.Testing.Contracts;

/// <summary>The zoo: every hostile worker by what it does.</summary>
public static class HostileWorkers
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Notice = TimeSpan.FromMilliseconds(200);

    // Time enough for Python to listen on a busy machine.
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(5);

    private static readonly WorkerSessionOptions ShortCancel = new() { CancelTimeout = Short };

    public static IReadOnlyDictionary<string, HostileWorker> All { get; } = new Dictionary<string, HostileWorker>
    {
        // It never comes so far as to serve.
        ["exits at once"] = new HostileWorker(Hostile("exit-at-once:42"), Create) { Failure = "the worker ended before it was ready", Also = Ended(new WorkerExit(42, null)) }
            .Fails<WorkerStartException>("exited with code 42", "looking around", "these are my last words"),
        ["exits at once, and prints more than is kept"] = new HostileWorker(Script("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; exit 7"), Create)
        {
            Options = () => new DirectWorkerOptions { OutputTailLineCount = 5 },
            Also = error => Assert.Equal(
                ["line 2995", "line 2996", "line 2997", "line 2998", "line 2999"],
                ((WorkerException)error).OutputTail!.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
        }.Fails<WorkerStartException>("exited with code 7", "line 2999"),
        ["never binds"] = (NotReady("never-binds", Short) with { Failure = "the worker did not become ready" }).Fails<WorkerTimeoutException>("within 500 ms (direct.properties.initializationTimeoutMs of the specification)", "it does not accept connections"),
        ["binds and never listens"] = NotReady("binds-never-listens", Short).Fails<WorkerTimeoutException>("within 500 ms", "it does not accept connections"),
        ["listens and never accepts"] = NotReady("listens-never-accepts", Start).Fails<WorkerTimeoutException>("within 5000 ms", "it accepts connections, but has not answered the preface"),
        ["accepts and never answers"] = NotReady("accepts-never-answers", Start).Fails<WorkerTimeoutException>("within 5000 ms", "it accepts connections, but has not answered the preface"),

        // Its answer to the preface is wrong.
        ["speaks HTTP/1"] = (At("speaks:http1", Create) with { Failure = "what listens there speaks HTTP" }).Fails<WorkerProtocolException>("speaks HTTP/1"),
        ["speaks HTTP/2"] = At("speaks:http2", Create).Fails<WorkerProtocolException>("speaks HTTP/2 (the gRPC carrier?)"),
        ["speaks garbage"] = At("speaks:garbage", Create).Fails<WorkerProtocolException>("does not speak UDF frames"),
        ["speaks another version"] = (At("wrong-version", Create) with { Failure = "no common protocol version" }).Fails<WorkerProtocolException>("speaks no common version"),
        ["proves the wrong token"] = (At("wrong-mac", Create) with { Failure = "it cannot prove the worker's token" }).Fails<WorkerProtocolException>("could not prove that it has the worker's token"),
        ["answers half a preface"] = Lives(At("torn-preface", Create)).Fails<WorkerConnectionException>("preface"),

        // Its answer is right, and nothing good follows.
        ["answers the preface and dies"] = (At("die-after-preface:7", Init) with { MayBeSeenEarlier = true }).Fails<WorkerException>("exited with code 7"),
        ["closes its listener once it is ready"] = (Lives(Mute(At("close-listener-once-ready", Init))) with { MayBeSeenEarlier = true }).Fails<WorkerConnectionException>("connect"),
        ["half-closes its manage connection"] = (Lives(At("half-close-manage", Init)) with { Failure = "the connection broke otherwise" }).Fails<WorkerConnectionException>("manage connection"),

        // Init.
        ["exits in init"] = (Function("exit-in-init", Init) with { Also = Ended(new WorkerExit(11, null)) }).Fails<WorkerExitedException>("exited with code 11", "while a session was running on it"),
        ["is killed in init"] = (Function("kill-in-init", Init) with { Also = Ended(new WorkerExit(null, "SIGKILL")) }).Fails<WorkerExitedException>("was ended by SIGKILL"),
        ["never answers init"] = (Wire("silent", Init) with { Failure = "init took too long", Limit = Short, Session = new WorkerSessionOptions { InitTimeout = Short } })
            .Fails<WorkerTimeoutException>("0.5 s (WorkerSessionOptions.InitTimeout)"),
        ["tears its answer to init"] = (Lives(Wire("torn-init-response", Init)) with { Failure = "the stream ended inside a frame" }).Fails<WorkerConnectionException>("the stream ended inside a frame"),
        ["announces a frame of 4 GiB"] = (Wire("oversized", Init) with { Failure = "the worker broke the protocol" }).Fails<WorkerProtocolException>("4294967295", "134217728", "MaxFrameBytes"),
        ["sends garbage for a frame"] = Wire("compressed", Init).Fails<WorkerProtocolException>("flag"),
        ["sends a result before its answer to init"] = Wire("data-before-init-response", Init).Fails<WorkerProtocolException>("DataResponse"),

        ["reports a protocol error that is none"] = (Wire("report-protocol-error", Init) with
        {
            Failure = "the worker reported a protocol error",
            StaysHealthy = true,
            Also = error => Assert.True(((WorkerProtocolException)error).ReportedByWorker),
        }).Fails<WorkerProtocolException>("it does not like this"),
        ["reports a fault of its own"] = (Wire("report-fault", Init) with { Failure = "the worker reported a fault of its own", StaysHealthy = true })
            .Fails<WorkerFaultException>("it has lost its head"),

        // Batches.
        ["exits after init"] = (Function("exit-after-init", Batch) with { Also = Ended(new WorkerExit(12, null)) }).Fails<WorkerExitedException>("exited with code 12"),
        ["exits in a batch"] = Function("exit-in-batch", Batch).Fails<WorkerExitedException>("exited with code 42", "while a session was running on it"),
        ["crashes with SIGSEGV"] = (Function("crash", Batch) with { Also = Ended(new WorkerExit(null, "SIGSEGV")) }).Fails<WorkerExitedException>("was ended by SIGSEGV"),
        ["dies and leaves a daemon with its socket"] = (Function("exit-with-daemon", Batch) with { Also = Ended(new WorkerExit(13, null)) })
            .Fails<WorkerExitedException>("exited with code 13"),
        ["tears a result"] = Lives(Wire("torn-result", Batch)).Fails<WorkerConnectionException>("the stream ended inside a frame"),
        ["dies inside a result"] = Wire("torn-by-death", Batch).Fails<WorkerExitedException>("was ended by SIGKILL"),
        ["stalls inside a result"] = (Wire("stalled-result", Batch) with { Failure = "a frame began and gained no byte", Limit = Short, Connection = new FramedConnectionOptions { FrameStallTimeout = Short } })
            .Fails<WorkerTimeoutException>("0.5 s", "FramedConnectionOptions.FrameStallTimeout"),
        ["half-closes its connection"] = Lives(Wire("half-close", Batch)).Fails<WorkerConnectionException>("broke: the worker closed it"),
        ["sends what cannot be decoded"] = Wire("undecodable", Batch).Fails<WorkerProtocolException>("decode"),
        ["sends an empty frame"] = Wire("empty-frame", Batch).Fails<WorkerProtocolException>("without content"),
        ["answers init twice"] = Wire("init-response-twice", Batch).Fails<WorkerProtocolException>("InitResponse"),
        ["finishes unasked"] = Wire("finish-unasked", Batch).Fails<WorkerProtocolException>("FinishResponse"),
        ["confirms a cancellation that nobody asked for"] = Wire("cancelled-unasked", Batch).Fails<WorkerProtocolException>("CancelResponse"),
        ["sends a result twice"] = Mute(Wire("result-twice", Finish)) with { Answers = 2 },

        // Limits.
        ["allocates until its limit, and says so"] = (Limited("allocate", new WorkerLimits { MemoryBytes = 256L << 20 }) with { StaysHealthy = true }).Fails<WorkerUserException>("MemoryError"),
        ["allocates until its limit, and dies"] = Limited("allocate-and-die", new WorkerLimits { MemoryBytes = 256L << 20 })
            .Fails<WorkerExitedException>("was ended by SIGABRT", "Its memory was limited to 268435456 bytes (DirectWorkerOptions.Limits.MemoryBytes)"),
        ["writes until its file-size limit"] = (Limited("write-a-file", new WorkerLimits { FileSizeBytes = 1 << 20 }) with { Failure = "the worker reached a limit", Also = Ended(new WorkerExit(null, "SIGXFSZ")) })
            .Fails<WorkerExitedException>("was ended by SIGXFSZ", "(DirectWorkerOptions.Limits.FileSizeBytes)"),

        // The end.
        ["answers init for a finish"] = Wire("init-response-for-finish", Finish).Fails<WorkerProtocolException>("InitResponse"),
        ["never finishes"] = (Wire("never-finish", Finish) with { Failure = "the last word did not come", Limit = Short, Session = new WorkerSessionOptions { TerminatorTimeout = Short } })
            .Fails<WorkerTimeoutException>("0.5 s (WorkerSessionOptions.TerminatorTimeout)"),
        ["finishes twice"] = Mute(Wire("finish-twice", Finish)) with { Answers = 0 },
        ["sends a result after its terminator"] = Mute(Wire("data-after-terminator", Finish)) with { Answers = 0 },
        ["never answers a cancellation"] = Deaf("function:never-cancelled") with { Failure = "a cancellation was not confirmed" },
        ["spins for ever"] = Deaf("function:spin"),
        ["ignores SIGTERM and everything else"] = Deaf("ignore-sigterm"),

        // What its process does is nothing to its session.
        ["floods both outputs"] = At("flood:16", Finish),
        ["closes its outputs at its start"] = At("close-outputs", Finish),
        ["closes its outputs in a batch"] = Function("close-outputs", Finish),
        ["serves from another process group"] = Mute(At("serve-from-another-group", Finish)),
        ["leaves a daemon, forked twice"] = At("double-fork", Finish),
    }.ToFrozenDictionary();

    private static HostileWorker At(string fault, HostileStep step) => new(Hostile(fault), step);

    private static HostileWorker Wire(string conversation, HostileStep step) => At($"wire:{conversation}", step);

    private static HostileWorker Function(string fault, HostileStep step) => At($"function:{fault}", step);

    // Its connection ends and its process does not: that it has not ended is known only when the wait for that news is over.
    private static HostileWorker Lives(HostileWorker worker) => worker with { Limit = Notice, Options = () => new DirectWorkerOptions { ExitNoticeTimeout = Notice } };

    // Answers no request to end, which is waited for before it gets a signal.
    private static HostileWorker Mute(HostileWorker worker) => worker with { Worker = worker.Worker.WithGracefulTerminationTimeout(Notice) };

    private static HostileWorker NotReady(string fault, TimeSpan limit) => new(Hostile(fault).WithInitializationTimeout(limit), Create) { Limit = limit };

    private static HostileWorker Limited(string fault, WorkerLimits limits) => Function(fault, Batch) with { Options = () => new DirectWorkerOptions { Limits = limits } };

    private static HostileWorker Deaf(string fault) => new HostileWorker(Hostile(fault).WithGracefulTerminationTimeout(Short), Cancel) { Limit = Short, Session = ShortCancel }
        .Fails<WorkerTimeoutException>("did not confirm the cancellation", "0.5 s (WorkerSessionOptions.CancelTimeout)");

    private static Action<Exception> Ended(WorkerExit exit) => error => Assert.Equal(exit, error switch
    {
        WorkerStartException start => start.Exit,
        WorkerExitedException exited => exited.Exit,
        _ => null,
    });
}
