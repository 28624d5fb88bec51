using System.Net.Sockets;
using System.Runtime.InteropServices;
using Udf.Worker.Protocol;

namespace Udf.Worker.Host.Internal;

/// <summary>A worker that is a whole process: its command line, its environment, its signals and its end.</summary>
internal static class WorkerProcess
{
    internal static async Task<int> RunAsync(string[] arguments, UdfFunctionMap functions, UdfWorkerOptions options, CancellationToken cancellationToken)
    {
        WorkerCore worker;
        IReadOnlyList<Socket> listeners;
        try
        {
            // First of all, so that nothing else of this process can read it.
            WorkerToken? token = WorkerCommandLine.TakeToken();
            var commandLine = WorkerCommandLine.Parse(arguments);
            worker = new WorkerCore(functions, options, token);
            listeners = EndpointListeners.Open(commandLine.Connection, token is not null);
        }
        catch (WorkerStartFailure failure)
        {
            await Console.Error.WriteLineAsync(failure.Message).ConfigureAwait(false);
            return WorkerExitCodes.CannotStart;
        }

        return await ServeAsync(worker, listeners, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<int> ServeAsync(WorkerCore worker, IReadOnlyList<Socket> listeners, CancellationToken cancellationToken)
    {
        WorkerLifetime lifetime = worker.Lifetime;
        lifetime.OnEnding = EndWatchdog.Start;
        using ConnectionGate gate = new(listeners, worker);
        gate.Start();

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
