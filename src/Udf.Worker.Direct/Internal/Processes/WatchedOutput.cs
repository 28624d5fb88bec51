namespace Udf.Worker.Direct.Internal;

/// <summary>Looks at the lines of a process for the sign of a fatal error, and hands them on. Thread safe.</summary>
/// <param name="next">What else is done with the output.</param>
/// <param name="isFatal">Says whether a line is such a sign. One that throws is taken for a no.</param>
internal sealed class WatchedOutput(IProcessOutputSink next, Func<string, bool> isFatal) : IProcessOutputSink
{
    private string? _fatalLine;

    /// <summary>The first line that was such a sign; <see langword="null"/> if there was none so far.</summary>
    public string? FatalLine => Volatile.Read(ref _fatalLine);

    public void Write(string line, bool isError)
    {
        if (FatalLine is null && IsFatal(line))
        {
            Interlocked.CompareExchange(ref _fatalLine, line, null);
        }

        next.Write(line, isError);
    }

    public string? Keep() => next.Keep();

    public void Close() => next.Close();

    private bool IsFatal(string line)
    {
        try
        {
            return isFatal(line);
        }
        catch (Exception)
        {
            // The user's; the output must be read on whatever it does.
            return false;
        }
    }
}
