using Microsoft.Extensions.Logging;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;
using Udf.Worker.Transport;

namespace Udf.Worker.Host.Internal;

/// <summary>What all connections of one worker share: its functions, its limits, what runs, and how it ends. Knows no socket and no process.</summary>
/// <remarks>Safe from any thread.</remarks>
internal sealed partial class WorkerCore
{
    private int _connectionCount;
    private int _hasManage;

    internal WorkerCore(UdfFunctionMap functions, UdfWorkerOptions options, WorkerToken? token)
    {
        Options = options;
        Logger = options.LoggerFactory.CreateLogger("Udf.Worker.Host");
        Functions = new FunctionResolverChain(functions, options);
        FrameLimit = new FrameLimit(options.MaxFrameBytes, nameof(UdfWorkerOptions.MaxFrameBytes));
        ExecutionOptions = new WorkerExecutionOptions
        {
            DataFormats = options.WireDataFormats,
            MaxPayloadBytes = options.MaxPayloadBytes,
            MaxPayloadSettingName = nameof(UdfWorkerOptions.MaxPayloadBytes),
        };
        Executions = new ExecutionRegistry(options.MaximumConcurrentExecutions);
        Lifetime = new WorkerLifetime(Executions, options.TimeProvider, Logger);
        ConnectionRoles offered = ConnectionRoles.Execute | ConnectionRoles.Manage | (options.ServesMultiplexedConnections ? ConnectionRoles.Multiplex : ConnectionRoles.None);
        Negotiation = new PrefaceNegotiation(token, offered, FrameLimit);
        ExecutionThreads = new ExecutionThreads(options.MaximumConcurrentExecutions, options.ExecutionStackBytes);
    }

    internal UdfWorkerOptions Options { get; }

    internal ILogger Logger { get; }

    internal FunctionResolverChain Functions { get; }

    internal FrameLimit FrameLimit { get; }

    internal WorkerExecutionOptions ExecutionOptions { get; }

    internal ExecutionRegistry Executions { get; }

    internal WorkerLifetime Lifetime { get; }

    internal ExecutionThreads ExecutionThreads { get; }

    internal PrefaceNegotiation Negotiation { get; }

    /// <summary>Whether there is room for one more connection of a role. The manage connection's place is taken by this call.</summary>
    internal bool TryAdmit(ConnectionRole role) => role switch
    {
        ConnectionRole.Manage => Interlocked.Exchange(ref _hasManage, 1) == 0,

        // Only what runs counts. Two connections that were accepted while nothing ran may both send Init: the second is then refused there.
        ConnectionRole.Execute => !Lifetime.IsShuttingDown && Executions.HasRoom,

        // Costs nothing by itself: each of its executions is counted when it begins.
        ConnectionRole.Multiplex => !Lifetime.IsShuttingDown,
        _ => false,
    };

    /// <summary>An execution begins.</summary>
    /// <returns>Why it may not, or <see langword="null"/>.</returns>
    internal ExecutionError? TryBegin(RunningExecution execution)
    {
        if (Lifetime.IsShuttingDown)
        {
            return ExecutionErrors.Worker("The worker is shutting down and takes no further execution.");
        }

        return Executions.TryBegin(execution)
            ? null
            : ExecutionErrors.Worker(
                $"The worker is at capacity: it runs {Options.MaximumConcurrentExecutions} at once ({nameof(UdfWorkerOptions.MaximumConcurrentExecutions)}) and queues nothing.");
    }

    /// <summary>Serves an accepted connection on a thread of its own.</summary>
    /// <param name="role">Its role, for which it was admitted.</param>
    /// <param name="channel">The bytes after both prefaces; owned by the connection from here on.</param>
    /// <returns>A task that ends with the connection. It does not fail.</returns>
    internal Task Serve(ConnectionRole role, ByteChannel channel)
    {
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Action run = role switch
        {
            ConnectionRole.Execute => new ExecuteConnection(channel, this).Run,
            ConnectionRole.Manage => new ManageConnection(channel, this).Run,
            ConnectionRole.Multiplex => new WorkerMultiplexedConnection(channel, this).Run,
            _ => throw new InvalidOperationException($"Unknown role {role}."),
        };
        Thread thread = new(
            () =>
            {
                run();
                ended.SetResult();
            },
            Options.ExecutionStackBytes)
        {
            IsBackground = true,
            Name = role switch
            {
                ConnectionRole.Manage => "udf-manage",
                ConnectionRole.Multiplex => $"udf-multiplex-{Interlocked.Increment(ref _connectionCount)}",
                _ => $"udf-execute-{Interlocked.Increment(ref _connectionCount)}",
            },
        };
        try
        {
            thread.Start();
        }
        catch (OutOfMemoryException exception)
        {
            // The system gives no further thread. The engine finds the connection closed and tries elsewhere.
            Log.NoThread(Logger, exception, thread.Name);
            channel.Abort();
            ended.SetResult();
        }

        return ended.Task;
    }

    private static partial class Log
    {
        [LoggerMessage(405, LogLevel.Error, "A connection was given up: there is no thread for it ({ThreadName}).", EventName = "NoThread")]
        public static partial void NoThread(ILogger logger, Exception exception, string threadName);
    }
}
