namespace Udf.Worker.Direct.Internal;

/// <summary>What one process writes: both streams read to their end, always, so that it never waits for a reader; the last lines kept, each one passed on.</summary>
internal sealed class ProcessOutput : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly OutputTail _tail;
    private readonly IProcessOutputSink _sink;

    public ProcessOutput(Stream standardOutput, Stream standardError, DirectWorkerSettings settings, IProcessOutputSink sink)
    {
        _tail = new OutputTail(settings.OutputTailLineCount, settings.OutputTailBytes);
        _sink = sink;
        Drained = Task.WhenAll(
            new OutputPump(standardOutput, (line, bytes) => Take(line, bytes, isError: false)).RunAsync(_stop.Token),
            new OutputPump(standardError, (line, bytes) => Take(line, bytes, isError: true)).RunAsync(_stop.Token));
    }

    /// <summary>Completes when both streams have been read to their end; long after the end of the process, if something that it started holds them open. Never fails.</summary>
    public Task Drained { get; }

    /// <summary>The last lines, or <see langword="null"/> if there are none.</summary>
    public string? Tail => _tail.Snapshot();

    /// <summary>Stops reading.</summary>
    public void Dispose()
    {
        // Not disposed itself: a pump may be about to look at its token.
        _stop.Cancel();
    }

    private void Take(string line, int bytes, bool isError)
    {
        _tail.Add(line, bytes);
        try
        {
            _sink.Write(line, isError);
        }
        catch (Exception)
        {
            // A logger that throws must not stop the reading, or the worker would block on a full pipe.
        }
    }
}
