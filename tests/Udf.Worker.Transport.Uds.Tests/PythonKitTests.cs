using System.Diagnostics;
using Udf.Worker.Testing;

namespace Udf.Worker.Transport.Uds.Tests;

/// <summary>The conformance kit, which shares no code with this library, against both workers. It drives them over Unix domain sockets and over TCP.</summary>
public sealed class PythonKitTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [PythonFact]
    public Task Kit_AgainstThePythonWorker_Passes() => RunAsync(command: null);

    [PythonFact]
    public Task Kit_AgainstTheCSharpWorker_Passes() => RunAsync($"{WorkerProgram.TestWorker.Command} '{WorkerProgram.TestWorker.Arguments[0]}'");

    private static async Task RunAsync(string? command)
    {
        var start = new ProcessStartInfo(PythonInterpreter.Path!, ["-m", "unittest", "discover", "-s", WorkerProgram.PythonDirectory])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("UDF_WORKER_COMMAND");
        if (command is not null)
        {
            start.Environment["UDF_WORKER_COMMAND"] = command;
        }

        using Process kit = Process.Start(start)!;
        Task<string> output = kit.StandardOutput.ReadToEndAsync();
        Task<string> errors = kit.StandardError.ReadToEndAsync();
        try
        {
            await kit.WaitForExitAsync().WaitAsync(Limit, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            kit.Kill(entireProcessTree: true);
            Assert.Fail($"The kit was not done within {Limit}.\n{await errors}\n{await output}");
        }

        Assert.True(kit.ExitCode == 0, $"The kit failed.\n{await errors}\n{await output}");
        Assert.Contains("OK", await errors, StringComparison.Ordinal);
    }
}
