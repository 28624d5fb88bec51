using System.Diagnostics;
using System.Net.Sockets;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Uds.Internal;

namespace Udf.Worker.Transport.Uds.Tests;

/// <summary>Who may listen for a worker, given who does.</summary>
public sealed class PeerCheckTests
{
    private const uint User = 1000;

    [Fact]
    public void TryRead_OwnListener_IsThisProcess()
    {
        string address = $"@udf-test-{Guid.NewGuid():N}";
        using Socket listener = Sockets.Listen(address);
        using Socket client = Sockets.Connect(address);

        Assert.Equal(Environment.ProcessId, PeerCredentials.TryRead(client)?.ProcessId);
    }

    [Fact]
    public void Verify_TheSpawnedProcess_IsTheWorker() => Check(spawned: 1).Verify(new PeerCredentials(1, User), User);

    [Fact]
    public void Verify_AnotherUsersProcess_IsAStrangerWhoeverItIs()
    {
        var error = Assert.Throws<WorkerProtocolException>(() => Check(spawned: 1).Verify(new PeerCredentials(1, 1001), User));

        Assert.Contains("of user 1001; this process runs as user 1000", error.Message, StringComparison.Ordinal);
        Assert.Contains("UdsWorkerOptions.VerifyPeer", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_ProcessIsNotSeenFromHere_UserAloneCounts()
    {
        PeerCheck check = Check(spawned: 1);

        check.Verify(new PeerCredentials(0, User), User);

        Assert.Throws<WorkerProtocolException>(() => check.Verify(new PeerCredentials(0, 1001), User));
    }

    [Fact]
    public void Verify_WorkersProcessIsNotKnown_UserAloneCounts()
    {
        PeerCheck check = Check(spawned: null);

        check.Verify(new PeerCredentials(Environment.ProcessId, User), User);

        Assert.Throws<WorkerProtocolException>(() => check.Verify(new PeerCredentials(Environment.ProcessId, 1001), User));
    }

    [Fact]
    public void Verify_AChildOfTheSpawnedProcess_IsTheWorkersAndItsParentIsNot()
    {
        using Process child = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "sleep 60 & echo $!; wait"]) { RedirectStandardOutput = true })!;
        try
        {
            int grandchild = int.Parse(child.StandardOutput.ReadLine()!);
            Check(spawned: Environment.ProcessId).Verify(new PeerCredentials(grandchild, User), User);
            Check(spawned: child.Id).Verify(new PeerCredentials(grandchild, User), User);

            var error = Assert.Throws<WorkerProtocolException>(() => Check(spawned: grandchild).Verify(new PeerCredentials(child.Id, User), User));

            Assert.Contains($"process {child.Id} (", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            child.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task Verify_ProcessHasEnded_IsAStranger()
    {
        using Process child = Process.Start("/bin/true");
        await child.WaitForExitAsync().DefaultTimeout();

        var error = Assert.Throws<WorkerProtocolException>(() => Check(spawned: 1).Verify(new PeerCredentials(child.Id, User), User));

        Assert.Contains("or it has ended", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_KnownProcess_IsNotLookedAtAgain()
    {
        using Process child = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "read line"]) { RedirectStandardInput = true })!;
        PeerCheck check = Check(spawned: Environment.ProcessId);
        check.Verify(new PeerCredentials(child.Id, User), User);
        child.StandardInput.Close();
        await child.WaitForExitAsync().DefaultTimeout();

        // It could not be found to be the worker's any more.
        check.Verify(new PeerCredentials(child.Id, User), User);
    }

    private static PeerCheck Check(int? spawned) => new(new WorkerEndpoint("/tmp/w.sock", Guid.NewGuid().ToString()) { ProcessId = spawned });
}
