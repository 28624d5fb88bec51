using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>A subject in a process of its own, seen from the runner. Thread safe in nothing: one run at a time.</summary>
internal sealed class SubjectProcess : IDisposable
{
    // Long enough for a thousand sessions to end in order.
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private int _count = 1;

    private SubjectProcess(Process process) => _process = process;

    /// <summary>Starts the process, pinned if the calling thread is; it is ready after <see cref="WaitUntilReady"/>.</summary>
    internal static SubjectProcess Start(SubjectDescription description)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(typeof(SubjectHost).Assembly.Location);
        start.ArgumentList.Add(SubjectHost.Mode);
        start.ArgumentList.Add(JsonSerializer.Serialize(description));
        return new SubjectProcess(Process.Start(start)!);
    }

    internal void WaitUntilReady() => ReadLine();

    /// <summary>Runs until all code has been compiled as well as it gets, and finds out how many messages a round of this length has.</summary>
    /// <param name="time">How long, at least.</param>
    /// <param name="roundLength">How long a round is to be.</param>
    /// <param name="fixedCount">How many messages a round has whatever their time, or <see langword="null"/>.</param>
    internal void WarmUp(TimeSpan time, TimeSpan roundLength, int? fixedCount)
    {
        long begun = Stopwatch.GetTimestamp();
        _count = fixedCount ?? 1;
        do
        {
            Sample sample = Measure();
            if (fixedCount is null)
            {
                // Not at once to what the first, slow messages say.
                double wanted = roundLength.TotalSeconds / Math.Max(sample.Seconds, 1e-6) * _count;
                _count = (int)Math.Clamp(wanted, 1, Math.Min(_count * 10L, 100_000_000));
            }
        }
        while (Stopwatch.GetElapsedTime(begun) < time);
    }

    /// <summary>Runs one round.</summary>
    internal Sample Measure()
    {
        _process.StandardInput.WriteLine(_count.ToString(CultureInfo.InvariantCulture));
        _process.StandardInput.Flush();
        return JsonSerializer.Deserialize<Sample>(ReadLine())!;
    }

    /// <summary>Lets the process end in order, or ends it.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(LongestEnd))
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private string ReadLine() =>
        _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"A process that measures (pid {_process.Id}) ended before it answered; its standard error says why.");
}
