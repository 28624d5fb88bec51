using System.ComponentModel;

namespace Udf.Worker.Direct.Internal;

/// <summary>One of the callables of an environment: runs it to its end, within the limit of the options.</summary>
/// <param name="name">What it is: <c>verification</c>, <c>installation</c>, <c>cleanup</c>.</param>
/// <param name="command">Its command line. <c>--id</c> and <c>--connection</c> are a worker's, not its.</param>
/// <param name="context">What all processes of the dispatcher share.</param>
internal sealed class EnvironmentCallable(string name, CommandLine command, ProcessContext context)
{
    /// <summary>What it is.</summary>
    public string Name => name;

    /// <summary>The limit and where it is set, for messages.</summary>
    public string LimitText => $"{Text.Milliseconds(context.Settings.CallableTimeout)} ({LimitSetting})";

    /// <summary>How long it may run.</summary>
    public TimeSpan Limit => context.Settings.CallableTimeout;

    /// <summary>The option that decides <see cref="Limit"/>.</summary>
    public static string LimitSetting => $"{nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.CallableTimeout)}";

    /// <summary>The command line, for messages.</summary>
    public string CommandText => command.ToString();

    /// <summary>Runs it.</summary>
    /// <param name="cancellationToken">Kills it.</param>
    /// <exception cref="OperationCanceledException">The token fell; the process is gone.</exception>
    /// <exception cref="WorkerStartException">The launcher threw something that is no answer of the system.</exception>
    public async Task<CallableResult> RunAsync(CancellationToken cancellationToken)
    {
        RunningProcess process;
        try
        {
            var launch = new ProcessLaunch(command.Executable, command.Arguments, command.EnvironmentVariables, HoldInputOpen: false);
            process = await RunningProcess.StartAsync(launch, $"environment {name}", context, new LoggedOutput(context.OutputLogger, $"environment {name}"), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Win32Exception exception)
        {
            return new CallableResult { StartFailure = LaunchFailure.Describe(command, exception), StartException = exception };
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // It says nothing of the environment, so nothing is remembered.
            throw new WorkerStartException($"The environment {name} could not be started. {LaunchFailure.DescribeLauncher(context.Settings.Launcher, exception)}", isTransient: false, exception);
        }

        await using (process.ConfigureAwait(false))
        {
            try
            {
                ProcessEnd end = await process.Ended.WaitAsync(Limit, context.TimeProvider, cancellationToken).ConfigureAwait(false);
                return new CallableResult { Exit = end.Exit, OutputTail = await process.ReadTailAsync().ConfigureAwait(false) };
            }
            catch (TimeoutException)
            {
                await process.EndAsync($"it exceeded {LimitText}", TimeSpan.Zero).ConfigureAwait(false);
                return new CallableResult { TimedOut = true, OutputTail = await process.ReadTailAsync().ConfigureAwait(false) };
            }
            catch (OperationCanceledException)
            {
                await process.EndAsync("the dispatcher was closed", TimeSpan.Zero).ConfigureAwait(false);
                throw;
            }
        }
    }
}
