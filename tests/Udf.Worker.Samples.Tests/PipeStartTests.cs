using System.Diagnostics;
using Udf.Worker.Testing;

namespace Udf.Worker.Samples.Tests;

/// <summary>The worker process of the sample, started by hand.</summary>
public sealed class PipeStartTests
{
    [Fact]
    public async Task Worker_CannotListen_SaysSoAndExits()
    {
        (int code, string errors) = await RunAsync("/no/such/directory/pipe", new string('0', 64));

        Assert.Equal(2, code);
        Assert.Contains("/no/such/directory/pipe", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Worker_HasNoToken_ServesNobody()
    {
        (int code, string errors) = await RunAsync("/no/such/directory/pipe", token: null);

        Assert.Equal(2, code);
        Assert.Contains("UDF_WORKER_TOKEN", errors, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Errors)> RunAsync(string connection, string? token)
    {
        var start = new ProcessStartInfo(SamplePaths.Worker.Command, [.. SamplePaths.Worker.Arguments, "--id", "1", "--connection", connection]) { RedirectStandardError = true };
        start.Environment["UDF_WORKER_TOKEN"] = token;
        using Process worker = Process.Start(start)!;
        try
        {
            string errors = await worker.StandardError.ReadToEndAsync().DefaultTimeout();
            await worker.WaitForExitAsync().DefaultTimeout();
            return (worker.ExitCode, errors);
        }
        finally
        {
            worker.Kill();
        }
    }
}
