using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Udf.Worker.Testing;

/// <summary>
/// Follows the workers of one test, whatever other tests run at the same time: by a mark in the environment of each process, and by what the dispatcher logs when it starts one.
/// </summary>
public sealed partial class WorkerTrace
{
    private const string Variable = "UDF_TEST_MARK";

    private readonly string _mark = Guid.NewGuid().ToString("N");

    public ListLoggerFactory Logs { get; } = new();

    /// <summary>The process ids of all workers that were started, in order.</summary>
    public IReadOnlyList<int> ProcessIds => [.. Starts().Select(match => int.Parse(match.Groups["pid"].Value, CultureInfo.InvariantCulture))];

    /// <summary>The addresses of all workers that were started, in order.</summary>
    public IReadOnlyList<string> Addresses => [.. Starts().Select(match => match.Groups["address"].Value)];

    public WorkerSpecification Mark(WorkerSpecification specification) => specification.WithEnvironmentVariable(Variable, _mark);

    /// <summary>Marks a process that is not started yet, and all that it will start.</summary>
    public void Mark(IDictionary<string, string?> environment) => environment[Variable] = _mark;

    /// <summary>Ends when a worker has been started, and says its process id.</summary>
    public async Task<int> WaitForStartAsync()
    {
        await Logs.WaitForAsync(entry => entry.Id.Name == "WorkerStarted").DefaultTimeout();
        return ProcessIds[0];
    }

    /// <summary>The processes that are there, of the workers and of what they have started.</summary>
    public IReadOnlyList<int> Running() => ProcessTable.WithEnvironment($"{Variable}={_mark}");

    /// <summary>What is left of the processes, in words; a zombie of a worker is something left. The number of one that is gone may be another's: that is no child of this process.</summary>
    public IEnumerable<string> FindLeftovers() =>
        Running().Union(ProcessIds.Intersect(ProcessTable.ChildrenOf(Environment.ProcessId))).Select(id => $"process {id}: {ProcessTable.CommandLine(id)}");

    /// <summary>What was logged as an error, with its cause.</summary>
    public IEnumerable<string> Errors() => Logs.Of(LogLevel.Error).Concat(Logs.Of(LogLevel.Critical)).Select(entry => $"{entry.Message} {entry.Exception}");

    private IEnumerable<Match> Starts() => Logs.Entries.Where(entry => entry.Id.Name == "WorkerStarted").Select(entry => Started().Match(entry.Message));

    [GeneratedRegex(@"\(pid (?<pid>\d+)\) was started, to be reached at (?<address>.*)\.$")]
    private static partial Regex Started();
}
