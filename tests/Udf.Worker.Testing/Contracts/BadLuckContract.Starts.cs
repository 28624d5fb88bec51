using Udf.Worker.Direct;
using Xunit;

namespace Udf.Worker.Testing.Contracts;

// What is wrong before a worker is started.
public abstract partial class BadLuckContract
{
    private async Task ExecutableNotFoundAsync()
    {
        WorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerSpecification.ForCommand("udf-no-such-program")));

        var error = await FailsAsync<WorkerStartException>(() => CreateAsync(dispatcher));

        AssertSays(error, "'udf-no-such-program' was not found", "direct.runner.command[0] of the specification");
        Assert.False(error.IsTransient);
    }

    private async Task ExecutableNotExecutableAsync()
    {
        string path = Path.GetTempFileName();
        try
        {
            WorkerDispatcher dispatcher = CreateDispatcher(Connected(WorkerSpecification.ForCommand(path)));

            var error = await FailsAsync<WorkerStartException>(() => CreateAsync(dispatcher));

            AssertSays(error, path, "is not executable", "direct.runner.command[0] of the specification");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private Task InvalidSpecificationAsync()
    {
        var error = Assert.Throws<WorkerSpecificationException>(() => CreateDispatcher(new WorkerSpecification { Capabilities = new WorkerCapabilities { DataFormats = [WorkerDataFormat.Unspecified] } }));

        // Every problem at once, each with its path and what to do.
        AssertSays(error, "capabilities.supportedDataFormats", "direct");
        Assert.True(error.Problems.Count >= 2);
        Assert.All(error.Problems, problem => Assert.False(string.IsNullOrEmpty(problem.Remedy)));
        return Task.CompletedTask;
    }

    private static async Task CreateAsync(WorkerDispatcher dispatcher)
    {
        await using WorkerSession session = await dispatcher.CreateSessionAsync();
    }
}
