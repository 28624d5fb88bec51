using System.ComponentModel;
using System.Diagnostics;

namespace Udf.Worker.Direct.Internal;

/// <summary>A child process of this one. Its number is kept here, because the framework forgets it when the process is gone.</summary>
internal sealed class LocalProcess : ILaunchedProcess
{
    private readonly Process _process;
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inputClosed;

    public LocalProcess(ProcessStartInfo start)
    {
        // WaitForExitAsync would wait for the redirected output as well, which a grandchild may hold open for as long as it likes.
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.Exited += OnExited;
    }

    public int ProcessId { get; private set; }

    public Task<int> Exited => _exited.Task;

    public Stream StandardOutput { get; private set; } = Stream.Null;

    public Stream StandardError { get; private set; } = Stream.Null;

    /// <summary>Starts the process.</summary>
    /// <returns>Its number.</returns>
    public int Start()
    {
        _process.Start();
        StandardOutput = _process.StandardOutput.BaseStream;
        StandardError = _process.StandardError.BaseStream;
        return ProcessId = _process.Id;
    }

    public void CloseInput()
    {
        if (Interlocked.Exchange(ref _inputClosed, 1) == 0)
        {
            // The stream below the writer: nothing was written, so there is nothing to flush into a pipe that may have no reader.
            _process.StandardInput.BaseStream.Dispose();
        }
    }

    public bool TryRequestEnd() => !_exited.Task.IsCompleted && ProcessSignals.TrySendTerminate(_process, ProcessId);

    public void Kill()
    {
        if (_exited.Task.IsCompleted)
        {
            return;
        }

        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended in the meantime, or one of its descendants could not be ended; that the process itself is gone is seen by Exited.
        }
    }

    public void Dispose()
    {
        _process.Exited -= OnExited;
        if (ProcessId != 0)
        {
            // The framework leaves streams that it has handed out to who asked for them. Reads that are pending on them end here.
            CloseInput();
            StandardOutput.Dispose();
            StandardError.Dispose();
        }

        _process.Dispose();
    }

    private void OnExited(object? sender, EventArgs e)
    {
        try
        {
            _exited.TrySetResult(_process.ExitCode);
        }
        catch (InvalidOperationException)
        {
            // It was given up, and disposed, just before it ended after all. An exception here would end the host.
        }
    }
}
