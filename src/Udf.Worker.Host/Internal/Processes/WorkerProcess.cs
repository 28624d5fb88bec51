using System.Runtime.InteropServices;
using Udf.Worker.Protocol;

namespace Udf.Worker.Host.Internal;

/// <summary>A worker that is a whole process: its command line, its environment, its signals and its end.</summary>
internal static class WorkerProcess
{
    /// <summary>Runs the process until its end.</summary>
    /// <param name="arguments">The arguments of <c>Main</c>.</param>
    /// <param name="functions">Names the functions.</param>
    /// <param name="accept">The transport; <see langword="null"/> for sockets.</param>
    /// <param name="options">How the worker behaves.</param>
    /// <param name="cancellationToken">Ends the worker.</param>
    /// <returns>The exit code.</returns>
    internal static async Task<int> RunAsync(
        string[] arguments, UdfFunctionMap functions, UdfConnectionAcceptor? accept, UdfWorkerOptions options, CancellationToken cancellationToken)
    {
        WorkerCore worker;
        IWorkerGate gate;
        try
        {
            // First of all, so that nothing else of this process can read it.
            WorkerToken? token = WorkerCommandLine.TakeToken();
            var commandLine = WorkerCommandLine.Parse(arguments);
            worker = new WorkerCore(functions, options, token);
            gate = accept is null
                ? new ConnectionGate(EndpointListeners.Open(commandLine.Connection, token is not null), worker)
                : GateOf(accept, commandLine.Connection, token, worker);
        }
        catch (WorkerStartFailure failure)
        {
            await Console.Error.WriteLineAsync(failure.Message).ConfigureAwait(false);
            return WorkerExitCodes.CannotStart;
        }

        return await ServeAsync(worker, gate, cancellationToken).ConfigureAwait(false);
    }

    private static StreamGate GateOf(UdfConnectionAcceptor accept, string connection, WorkerToken? token, WorkerCore worker) =>
        token is not null
            ? new StreamGate(connection, accept, worker)
            : throw new WorkerStartFailure(
                $"Who can reach the connection '{connection}' is not known here, because it is of a transport of its own. It is served only with a token in {WorkerToken.EnvironmentVariable}.");

    private static async Task<int> ServeAsync(WorkerCore worker, IWorkerGate gate, CancellationToken cancellationToken)
    {
        using IWorkerGate open = gate;
        WorkerLifetime lifetime = worker.Lifetime;
        lifetime.OnEnding = EndWatchdog.Start;
        open.Start();

        // After the gate, so that they cost the engine nothing that it waits for.
        using var termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            lifetime.End(WorkerExitCodes.Terminated, "SIGTERM.");
        });
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static state => ((WorkerLifetime)state!).End(WorkerExitCodes.Ended, "Its program asked for it.", isOrderly: true), lifetime);
        if (Environment.GetEnvironmentVariable(WorkerCommandLine.StandardInputVariable) == "engine")
        {
            StandardInputGuard.Start(Console.OpenStandardInput(), lifetime);
        }

        WorkerEnd end = await lifetime.Ended.ConfigureAwait(false);
        if (!end.FunctionsReturned)
        {
            ProcessEnd.Now(end.ExitCode);
        }

        return end.ExitCode;
    }
}
