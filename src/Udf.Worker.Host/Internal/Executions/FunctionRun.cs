using Microsoft.Extensions.Logging;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Host.Internal;

/// <summary>A function while it runs: calls its members, waits for them, measures them, and makes errors of what they throw. Used by the execution's thread alone.</summary>
internal sealed partial class FunctionRun(UdfContext context, ExecutionOutput output, ExecutionMeter meter, ILogger logger)
{
    private UdfFunctionLease? _lease;

    internal ExecutionOutput Output => output;

    private UdfFunction Function => _lease?.Function ?? throw new InvalidOperationException("There is no function.");

    internal ExecutionError? Init(FunctionResolverChain functions, out ReadOnlyMemory<byte>? data)
    {
        ReadOnlyMemory<byte>? answer = null;
        long began = meter.Now;
        ExecutionError? error = Guard(() =>
        {
            _lease = Blocking.Wait(functions.ResolveAsync(context));
            answer = Blocking.Wait(Function.InitAsync(context));
        });
        meter.InitEnded(began);
        data = answer;
        return error;
    }

    internal ExecutionError? Start()
    {
        long began = meter.Now;
        ExecutionError? error = Guard(() => Blocking.Wait(Function.StartAsync(output)));
        meter.FunctionReturned(began);
        return error;
    }

    /// <summary>One batch. The way that everything else is measured against: no closure, no allocation.</summary>
    internal ExecutionError? Process(ReadOnlyMemory<byte> batch)
    {
        long began = meter.Now;
        try
        {
            Blocking.Wait(Function.ProcessAsync(batch, output));
            return null;
        }
#pragma warning disable CA1031 // Whatever user code throws is reported to its caller.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return UserErrors.From(exception);
        }
        finally
        {
            meter.FunctionReturned(began);
        }
    }

    internal ExecutionError? Finish(out ReadOnlyMemory<byte>? data)
    {
        ReadOnlyMemory<byte>? answer = null;
        long began = meter.Now;
        ExecutionError? error = Guard(() => answer = Blocking.Wait(Function.FinishAsync(output)));
        meter.FunctionReturned(began);
        data = answer;
        return error;
    }

    internal ExecutionError? Cancel(string? reason) => Guard(() => Blocking.Wait(Function.CancelAsync(reason)));

    /// <summary>The end of the execution, however it came. What the function throws now concerns nobody but its author.</summary>
    internal void Release()
    {
        output.Close();
        if (_lease is { } lease)
        {
            _lease = null;
            try
            {
                Blocking.Wait(lease.DisposeAsync());
            }
#pragma warning disable CA1031 // The execution has had its end; a failed clean-up must not take the worker along.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Log.DisposeFailed(logger, exception, context.Payload.Format, context.ExecutionId);
            }
        }
    }

    private static ExecutionError? Guard(Action call)
    {
        try
        {
            call();
            return null;
        }
#pragma warning disable CA1031 // Whatever user code throws is reported to its caller.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return UserErrors.From(exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(401, LogLevel.Warning, "Disposing the function {Format} failed after execution '{ExecutionId}'. The execution was not affected.", EventName = "FunctionDisposeFailed")]
        public static partial void DisposeFailed(ILogger logger, Exception exception, string format, string executionId);
    }
}
