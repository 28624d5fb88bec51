using System.ComponentModel;
using System.Diagnostics;

namespace Udf.Worker.Direct.Internal;

/// <summary>A child process of this one, with its group if it leads one. Its number is kept here, because the framework forgets it when the process is gone.</summary>
internal sealed class LocalProcess : LaunchedProcess
{
    private readonly Process _process;
    private readonly bool _leadsGroup;
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Stream _standardOutput = Stream.Null;
    private Stream _standardError = Stream.Null;
    private readonly Lock _gate = new();
    private int _inputClosed;

    // Written under _gate, once.
    private int _processId;
    private bool _hasEnded;
    private bool _isDisposed;

    public LocalProcess(ProcessStartInfo start, bool leadsGroup)
    {
        // WaitForExitAsync would wait for the redirected output as well, which a grandchild may hold open for as long as it likes.
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.Exited += OnExited;
        _leadsGroup = leadsGroup;
    }

    public override int ProcessId => _processId;

    public override Task<int> Exited => _exited.Task;

    public override Stream StandardOutput => _standardOutput;

    public override Stream StandardError => _standardError;

    /// <summary>Starts the process.</summary>
    /// <returns>Its number.</returns>
    public int Start()
    {
        _process.Start();
        _standardOutput = _process.StandardOutput.BaseStream;
        _standardError = _process.StandardError.BaseStream;
        int processId = _process.Id;
        HostWarden.Instance.Add(processId);

        bool hasEnded;
        lock (_gate)
        {
            _processId = processId;
            hasEnded = _hasEnded;
        }

        if (hasEnded)
        {
            // Noticed before its number was known here.
            Forget(processId);
        }

        return processId;
    }

    public override void CloseInput()
    {
        if (Interlocked.Exchange(ref _inputClosed, 1) == 0)
        {
            // The stream below the writer: nothing was written, so there is nothing to flush into a pipe that may have no reader.
            _process.StandardInput.BaseStream.Dispose();
        }
    }

    public override bool TryTerminate()
    {
        try
        {
            // The number may be another's as soon as the process has been reaped.
            if (_exited.Task.IsCompleted || _process.HasExited || !Signal(ProcessSignals.Terminate))
            {
                return false;
            }

            // A process that was stopped hears of it only when it goes on.
            Signal(ProcessSignals.Continue);
            return true;
        }
        catch (InvalidOperationException)
        {
            // Disposed in the meantime: it had ended.
            return false;
        }
    }

    public override void Kill()
    {
        if (_exited.Task.IsCompleted)
        {
            return;
        }

        try
        {
            if (!_leadsGroup)
            {
                _process.Kill(entireProcessTree: true);
            }
            else if (!_process.HasExited)
            {
                Signal(ProcessSignals.Kill);
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended in the meantime, or one of its descendants could not be ended; that the process itself is gone is seen by Exited.
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing)
        {
            return;
        }

        if (_processId != 0)
        {
            // The framework leaves streams that it has handed out to who asked for them. Reads that are pending on them end here.
            CloseInput();
            _standardOutput.Dispose();
            _standardError.Dispose();
        }

        bool isGivenUp;
        lock (_gate)
        {
            _isDisposed = true;
            isGivenUp = _processId != 0 && !_hasEnded;
        }

        if (!isGivenUp)
        {
            _process.Dispose();
        }

        // One that could not be killed is still heard of when it ends after all: then what it has left ends too, and its number is nobody's any more.
    }

    private bool Signal(int signal) => _leadsGroup ? ProcessGroup.TrySignal(_processId, signal) : ProcessSignals.TrySend(_processId, signal);

    private void Forget(int processId)
    {
        // What is left ends first: it may hold the output open, and whoever waits for the end reads that next.
        if (_leadsGroup)
        {
            ProcessGroup.KillLeftovers(processId);
        }

        HostWarden.Instance.Remove(processId);
    }

    private void OnExited(object? sender, EventArgs e)
    {
        try
        {
            int exitCode = _process.ExitCode;
            int processId;
            bool wasGivenUp;
            lock (_gate)
            {
                _hasEnded = true;
                processId = _processId;
                wasGivenUp = _isDisposed;
            }

            if (processId != 0)
            {
                Forget(processId);
            }

            _exited.TrySetResult(exitCode);
            if (wasGivenUp)
            {
                _process.Dispose();
            }
        }
        catch (InvalidOperationException)
        {
            // The framework knows no exit code. An exception here would end the host.
        }
    }
}
