using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Xunit;

namespace Udf.Worker.Testing.Contracts;

/// <summary>What a batch allocates once a session is warm, on both sides, in processes in which nothing else runs: nothing, whatever its size and whatever carries it.</summary>
public abstract class AllocationContract : WorkerContract
{
    /// <summary>For 100 batches: what a runtime does beside them. One object for each would be more.</summary>
    private const long CeilingBytes = 2_048;

    /// <summary>The same for batches of more than one frame on a connection that sessions share: some objects for the waits between the frames, and nothing of the size of the payload.</summary>
    private const long SharedCeilingBytes = 100 * 512;

    /// <summary>Thousands of round trips, of which some hundreds of 1 MiB: seconds, and more on a machine that does other things.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Process_WarmSession_BatchesOfAnySizeAllocateNothing()
    {
        string[] lines = await RunAsync().WaitAsync(Limit, TimeProvider.System);

        Assert.Equal(9, lines.Length);
        Assert.All(lines, line =>
        {
            string[] fields = line.Split(' ');
            long host = long.Parse(fields[2], CultureInfo.InvariantCulture);
            long worker = long.Parse(fields[3], CultureInfo.InvariantCulture);
            long ceiling = fields[0] == "shared" && fields[1] != "64" ? SharedCeilingBytes : CeilingBytes;
            Assert.True(host <= ceiling && worker <= ceiling, $"100 batches of {fields[1]} bytes ({fields[0]}) allocated {host} bytes on the host and {worker} in the worker.");
        });
    }

    private async Task<string[]> RunAsync()
    {
        string program = typeof(AllocationContract).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "TestHost").Value!;
        var start = new ProcessStartInfo("dotnet", [Path.GetFullPath(program), "allocations", Transport.Scheme]) { RedirectStandardOutput = true, RedirectStandardError = true };
        Trace.Mark(start.Environment);

        // What is compiled in a hurry first allocates what is gone when it is compiled again; when that is, depends on the machine.
        start.Environment["DOTNET_TieredCompilation"] = "0";
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, await errors);
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            process.Kill();
        }
    }
}
