using Microsoft.Extensions.Options;
using Udf.Worker.Direct;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Uds.Internal;

namespace Udf.Worker.Transport.Uds.Tests;

/// <summary>What is special to abstract sockets; what they share with paths runs in the contract suites.</summary>
public sealed class AbstractSocketTests
{
    [Fact]
    public async Task Session_HasAnUnguessableNameAndNoFile()
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("udf-uds-");
        try
        {
            var trace = new WorkerTrace();
            var options = new UdsWorkerOptions { UseAbstractSockets = true, SocketDirectory = root.FullName };
            await using (var dispatcher = new UdsWorkerDispatcher(trace.Mark(WorkerProgram.TestWorker.Specification.OverUnixDomainSocket()), options: options, loggerFactory: trace.Logs))
            {
                await using WorkerSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

                Assert.Matches("^@udf-worker-[0-9a-f]{32}$", Assert.Single(trace.Addresses));
                Assert.True(AbstractSockets.IsThere(trace.Addresses[0]));
                Assert.Null(dispatcher.SocketDirectoryPath);
                Assert.Empty(root.GetFileSystemInfos());
            }

            Assert.False(AbstractSockets.IsThere(trace.Addresses[0]));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact]
    [Failure("a worker does not know abstract sockets")]
    public async Task Session_WorkerTakesTheNameForAFile_IsNotFoundAndTheErrorShowsWhereItWasLookedFor()
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("udf-uds-");
        try
        {
            WorkerSpecification specification = WorkerProgram.Script(": > \"$4\"; exec sleep 300").OverUnixDomainSocket().WithInitializationTimeout(TimeSpan.FromMilliseconds(300));
            await using var dispatcher = new UdsWorkerDispatcher(
                specification, new DirectWorkerOptions { WorkingDirectory = root.FullName }, new UdsWorkerOptions { UseAbstractSockets = true });

            var error = await Assert.ThrowsAsync<WorkerTimeoutException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

            Assert.True(error.IsTransient);
            Assert.StartsWith("@udf-worker-", error.Endpoint, StringComparison.Ordinal);
            Assert.Contains("does not accept connections", error.Message, StringComparison.Ordinal);
            Assert.Equal(error.Endpoint, Assert.Single(root.GetFiles()).Name);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact]
    public void Allocate_NamesDifferAndNothingIsGivenAfterTheClose()
    {
        var names = new AbstractNames();
        Assert.Equal(100, Enumerable.Range(0, 100).Select(_ => names.Allocate("one")).Distinct().Count());

        names.Close();
        names.Close();

        Assert.Throws<ObjectDisposedException>(() => names.Allocate("one"));
    }

    [Fact]
    [Failure("abstract sockets on another system than Linux")]
    public void AnotherSystem_IsRefusedWithTheReason()
    {
        AbstractNames.ThrowIfNotSupported(isLinux: true);

        var error = Assert.Throws<PlatformNotSupportedException>(() => AbstractNames.ThrowIfNotSupported(isLinux: false));

        Assert.Contains("UdsWorkerOptions.UseAbstractSockets", error.Message, StringComparison.Ordinal);
        Assert.Contains("only Linux", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validator_AbstractSockets_AreForLinux()
    {
        ValidateOptionsResult result = new UdsWorkerOptionsValidator().Validate(null, new UdsWorkerOptions { UseAbstractSockets = true });

        Assert.Equal(OperatingSystem.IsLinux(), result.Succeeded);
    }
}
