using System.Globalization;
using Udf.Worker.Protocol;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Host.Tests;

/// <summary>What a worker does until its first result, held without looking at a clock: all of it is waited for.</summary>
public sealed class StartTests
{
    // Compiled without ReadyToRun, so with everything that the start runs through; see benchmarks/RESULTS.md for the figure. What is added here is added to each start.
    private const int MostMethods = 900;

    private static readonly string[] Unneeded =
    [
        "System.Linq",
        "System.Security.Cryptography",
        "System.Text.RegularExpressions",
        "System.Text.Json",
        "System.IO.Pipelines",
        "System.Diagnostics.Process",
        "Microsoft.Extensions.DependencyInjection.Abstractions",
    ];

    [Fact]
    public async Task FirstResult_LoadsNoAssemblyThatItCanDoWithout()
    {
        (_, string[] assemblies) = await ReadAsync();

        Assert.Contains("Google.Protobuf", assemblies);
        Assert.Empty(assemblies.Intersect(Unneeded));
    }

    [Fact]
    public async Task FirstResult_CompilesFewMethods()
    {
        (int methods, _) = await ReadAsync();

        Assert.InRange(methods, 1, MostMethods);
    }

    private static async Task<(int Methods, string[] Assemblies)> ReadAsync()
    {
        using TestWorkerProcess worker = TestWorkerProcess.WithStartFigures();
        using WireConnection manage = await worker.ConnectAsync(ConnectionRole.Manage);
        using WireConnection connection = await worker.ConnectAsync(ConnectionRole.Execute);
        await connection.StartAsync("test.start-figures");
        await connection.SendAsync(Requests.Data("?"));
        UdfResponse answer = await connection.ResponseAsync();
        string[] lines = answer.Data.Data.ToStringUtf8().Split('\n');
        return (int.Parse(lines[0], CultureInfo.InvariantCulture), lines[1..]);
    }
}
