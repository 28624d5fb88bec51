using System.Text;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// Records what a process writes in a file, beside what another sink does with it, in bounded space: at half the bound the file is renamed, in place of the one before, and a new one begun.
/// The record goes when it is closed, unless it is to be kept.
/// </summary>
/// <remarks>Thread safe. A file that cannot be written ends the record, and nothing else.</remarks>
/// <param name="next">What else is done with the output.</param>
/// <param name="directory">The directory of the file; made if it is not there.</param>
/// <param name="name">The name of the file, without <c>.log</c>.</param>
/// <param name="maximumBytes">How much of the output is on disk at most.</param>
internal sealed class RecordedOutput(IProcessOutputSink next, string directory, string name, long maximumBytes) : IProcessOutputSink
{
    private readonly string _path = Path.Combine(directory, name + ".log");
    private readonly string _earlierPath = Path.Combine(directory, name + ".1.log");
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private FileStream? _file;
    private string? _failure;
    private bool _isKept;
    private bool _isClosed;

    public void Write(string line, bool isError)
    {
        lock (_gate)
        {
            if (!_isClosed && _failure is null)
            {
                RecordUnsynchronized(line);
            }
        }

        next.Write(line, isError);
    }

    public string? Keep()
    {
        lock (_gate)
        {
            if (_isClosed && !_isKept)
            {
                return null;
            }

            _isKept = true;
            return _failure is not null ? $"{_path} (incomplete: {_failure})" : File.Exists(_path) ? _path : null;
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            try
            {
                _file?.Dispose();
                if (!_isKept)
                {
                    File.Delete(_path);
                    File.Delete(_earlierPath);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The directory is gone, or not ours any more: so is the record.
            }
        }

        next.Close();
    }

    private void RecordUnsynchronized(string line)
    {
        try
        {
            if (_file is { } full && full.Length >= maximumBytes / 2)
            {
                full.Dispose();
                _file = null;
                File.Move(_path, _earlierPath, overwrite: true);
            }

            // Written through to the system line by line, so that the record is there even if this process is killed.
            _file ??= Open();
            _file.Write(Encoding.UTF8.GetBytes(line + '\n'));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            _failure = exception.Message;
            _file?.Dispose();
            _file = null;
        }
    }

    private FileStream Open()
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            // What users' functions print is nobody else's.
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(_path, options);
    }
}
