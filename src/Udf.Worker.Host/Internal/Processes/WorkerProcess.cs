using System.Net.Sockets;
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
    /// <remarks>Not an asynchronous method, and <see cref="Serve"/> neither: what the compiler makes of one is compiled anew for each when it first runs, while an engine waits for its worker.</remarks>
    internal static Task<int> RunAsync(
        string[] arguments, UdfFunctionMap functions, UdfConnectionAcceptor? accept, UdfWorkerOptions options, CancellationToken cancellationToken)
    {
        WorkerCore worker;
        IWorkerGate gate;
        try
        {
            // First of all, so that nothing else of this process can read it.
            WorkerToken? token = WorkerCommandLine.TakeToken();
            var commandLine = WorkerCommandLine.Parse(arguments);
            Rehearsal.Start();

            // Before all that an engine can wait for with a connection that it has.
            Socket[]? listeners = accept is null ? EndpointListeners.Open(commandLine.Connection, token is not null) : null;
            worker = new WorkerCore(functions, options, token);
            gate = listeners is null ? GateOf(accept!, commandLine.Connection, token, worker) : new ConnectionGate(listeners, worker);
        }
        catch (WorkerStartFailure failure)
        {
            Console.Error.WriteLine(failure.Message);
            return Task.FromResult(WorkerExitCodes.CannotStart);
        }

        return Serve(worker, gate, cancellationToken);
    }

    private static StreamGate GateOf(UdfConnectionAcceptor accept, string connection, WorkerToken? token, WorkerCore worker) =>
        token is not null
            ? new StreamGate(connection, accept, worker)
            : throw new WorkerStartFailure(
                $"Who can reach the connection '{connection}' is not known here, because it is of a transport of its own. It is served only with a token in {WorkerToken.EnvironmentVariable}.");

    private static Task<int> Serve(WorkerCore worker, IWorkerGate gate, CancellationToken cancellationToken)
    {
        WorkerLifetime lifetime = worker.Lifetime;
        lifetime.OnEnding = EndWatchdog.Start;
        gate.Start();

        // After the gate, so that they cost the engine nothing that it waits for.
        var termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            lifetime.End(WorkerExitCodes.Terminated, "SIGTERM.");
        });
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static state => ((WorkerLifetime)state!).End(WorkerExitCodes.Ended, "Its program asked for it.", isOrderly: true), lifetime);
        if (Environment.GetEnvironmentVariable(WorkerCommandLine.StandardInputVariable) == "engine")
        {
            StandardInputGuard.Start(Console.OpenStandardInput(), lifetime);
        }

        return lifetime.Ended.ContinueWith(_ => EndAsync(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).Unwrap();

        async Task<int> EndAsync()
        {
            using (gate)
            using (termination)
            using (registration)
            {
                WorkerEnd end = await lifetime.Ended.ConfigureAwait(false);
                if (!end.FunctionsReturned)
                {
                    ProcessEnd.Now(end.ExitCode);
                }

                return end.ExitCode;
            }
        }
    }
}
