using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Udf.Worker.Testing;
using Udf.Worker.Transport.Uds.Internal;

namespace Udf.Worker.Transport.Uds.Tests;

/// <summary>What a killed host has left goes when the next one starts, and nothing else does.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class StaleDirectoriesTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("udf-uds-");
    private readonly ListLoggerFactory _logs = new();

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void Remove_HostIsDead_DirectoryAndLockGo()
    {
        string stale = Leave("udf-worker-000000000001");

        Remove();

        Assert.Empty(_root.GetFileSystemInfos());
        ListLoggerFactory.LogEntry entry = Assert.Single(_logs.Entries);
        Assert.Equal("StaleDirectoryRemoved", entry.Id.Name);
        Assert.Contains(stale, entry.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Remove_HostDiedBeforeItMadeTheDirectory_LockGoes()
    {
        File.WriteAllText(Path.Combine(_root.FullName, "udf-worker-000000000001.lock"), "");

        Remove();

        Assert.Empty(_root.GetFileSystemInfos());
    }

    [Fact]
    public void Remove_HostIsThisOne_StaysAsItIs()
    {
        Assert.Null(PrivateDirectory.TryMake(_root.FullName, out PrivateDirectory? living));

        Remove();

        Assert.True(Directory.Exists(living!.Path));
        Assert.True(File.Exists(living.Path + ".lock"));
        living.Dispose();
    }

    [PythonFact]
    public async Task Remove_HostIsAnotherProcess_StaysUntilItIsKilled()
    {
        string held = Leave("udf-worker-000000000001");
        using Process host = Process.Start(new ProcessStartInfo(
            PythonInterpreter.Path!,
            ["-c", "import fcntl, sys\nfile = open(sys.argv[1], 'r+')\nfcntl.flock(file, fcntl.LOCK_EX)\nprint('held', flush=True)\nsys.stdin.read()", held + ".lock"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("held", await host.StandardOutput.ReadLineAsync().DefaultTimeout());

        Remove();
        Assert.True(File.Exists(Path.Combine(held, "w-1.sock")));

        host.Kill();
        await host.WaitForExitAsync().DefaultTimeout();
        Remove();
        Assert.Empty(_root.GetFileSystemInfos());
    }

    [Fact]
    public void Remove_NamesThatAreNotOurs_StayAsTheyAre()
    {
        // A directory without a lock, a lock of another name, and a file where a directory should be.
        Directory.CreateDirectory(Path.Combine(_root.FullName, "udf-worker-000000000001"), PrivateDirectory.OnlyOwner);
        File.WriteAllText(Path.Combine(_root.FullName, "another.lock"), "");
        File.WriteAllText(Path.Combine(_root.FullName, "udf-worker-000000000002"), "");
        string[] before = [.. Names()];

        Remove();

        Assert.Equal(before, Names());
    }

    [Fact]
    public void Remove_DirectoryIsALink_StaysWithWhatItLinksTo()
    {
        string target = Path.Combine(_root.FullName, "target");
        Directory.CreateDirectory(target, PrivateDirectory.OnlyOwner);
        File.WriteAllText(Path.Combine(target, "file"), "");
        Directory.CreateSymbolicLink(Path.Combine(_root.FullName, "udf-worker-000000000001"), target);
        File.WriteAllText(Path.Combine(_root.FullName, "udf-worker-000000000001.lock"), "");

        Remove();

        Assert.True(File.Exists(Path.Combine(target, "file")));
        Assert.True(Directory.Exists(Path.Combine(_root.FullName, "udf-worker-000000000001")));
        Assert.Contains("symbolic link", Assert.Single(_logs.Of(LogLevel.Warning)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Remove_LinkInsideTheDirectory_GoesWithoutWhatItLinksTo()
    {
        DirectoryInfo target = _root.CreateSubdirectory("target");
        File.WriteAllText(Path.Combine(target.FullName, "file"), "");
        string stale = Leave("udf-worker-000000000001");
        Directory.CreateSymbolicLink(Path.Combine(stale, "link"), target.FullName);

        Remove();

        Assert.Equal(["target"], Names());
        Assert.Single(target.GetFiles());
    }

    [Fact]
    public void Remove_DirectoryIsOpenToOthers_StaysAndIsNamed()
    {
        string stale = Leave("udf-worker-000000000001");
        File.SetUnixFileMode(stale, PrivateDirectory.OnlyOwner | UnixFileMode.OtherExecute);

        Remove();

        Assert.True(Directory.Exists(stale));
        Assert.Contains(stale, Assert.Single(_logs.Of(LogLevel.Warning)).Message, StringComparison.Ordinal);
    }

    [OtherUserFact]
    public void Remove_AnotherUsersLockOrDirectory_StaysAsItIs()
    {
        OtherUser.Give(Leave("udf-worker-000000000001") + ".lock");
        OtherUser.Give(Leave("udf-worker-000000000002"));

        Remove();

        Assert.True(File.Exists(Path.Combine(_root.FullName, "udf-worker-000000000001", "w-1.sock")));
        Assert.True(File.Exists(Path.Combine(_root.FullName, "udf-worker-000000000001.lock")));
        Assert.True(File.Exists(Path.Combine(_root.FullName, "udf-worker-000000000002", "w-1.sock")));
    }

    [Fact]
    public void Remove_OthersMayRenameWhatIsThere_NothingIsTouched()
    {
        string stale = Leave("udf-worker-000000000001");
        UnixFileMode everybody = PrivateDirectory.OnlyOwner | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(_root.FullName, everybody);

        Remove();
        Assert.True(Directory.Exists(stale));

        // As the temporary directory is.
        File.SetUnixFileMode(_root.FullName, everybody | UnixFileMode.StickyBit);
        Remove();
        Assert.False(Directory.Exists(stale));
    }

    [Fact]
    public void Remove_TooMuchInOneDirectory_IsNamedAndLeft()
    {
        string stale = Leave("udf-worker-000000000001");
        for (int file = 0; file < StaleDirectories.MostEntries; file++)
        {
            File.WriteAllText(Path.Combine(stale, file.ToString(CultureInfo.InvariantCulture)), "");
        }

        Remove();

        Assert.True(Directory.Exists(stale));
        Assert.Contains(stale, Assert.Single(_logs.Of(LogLevel.Warning)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Remove_MoreThanAStartMayCost_GoesOnAtTheNext()
    {
        int count = StaleDirectories.MostLocks + 10;
        for (int host = 0; host < count; host++)
        {
            Leave($"udf-worker-{host:x12}");
        }

        Remove();
        Assert.Equal(10, _root.GetDirectories().Length);

        Remove();
        Assert.Empty(_root.GetFileSystemInfos());
    }

    [Fact]
    public void Remove_DirectoryIsNotThere_IsNoFailure() => StaleDirectories.Remove("/no/such/directory", _logs.CreateLogger("test"));

    [Fact]
    public void Allocate_MakesADirectory_WhatADeadHostHasLeftGoesFirst()
    {
        Leave("udf-worker-000000000001");
        var directory = new SocketDirectory(_root.FullName, _logs.CreateLogger("test"));

        directory.Allocate("0123");

        Assert.Equal(directory.Path, Assert.Single(_root.GetDirectories()).FullName);
        directory.Close();
        Assert.Empty(_root.GetFileSystemInfos());
    }

    [Fact]
    public void Remove_WhileOthersMakeAndClose_NobodyLosesADirectoryAndNothingIsLeft()
    {
        int rounds = Race.Rounds(normal: 200, full: 5_000);
        Exception? failure = null;
        Thread[] hosts = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            try
            {
                for (int round = 0; round < rounds && Volatile.Read(ref failure) is null; round++)
                {
                    Remove();
                    Assert.Null(PrivateDirectory.TryMake(_root.FullName, out PrivateDirectory? made));
                    string socket = Path.Combine(made!.Path, "w-1.sock");
                    File.WriteAllText(socket, "");
                    Remove();
                    Assert.True(File.Exists(socket));
                    made.Dispose();
                }
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, exception, null);
            }
        }))];

        Array.ForEach(hosts, host => host.Start());
        Array.ForEach(hosts, host => host.Join());

        Assert.Null(failure);
        Assert.Empty(_root.GetFileSystemInfos());
        Assert.Empty(_logs.Of(LogLevel.Warning));
    }

    private void Remove() => StaleDirectories.Remove(_root.FullName, _logs.CreateLogger("test"));

    private IEnumerable<string> Names() => _root.GetFileSystemInfos().Select(entry => entry.Name).Order();

    /// <summary>What a host leaves that is killed: its directory with a socket in it, and its lock, which nobody holds.</summary>
    private string Leave(string name)
    {
        string path = Path.Combine(_root.FullName, name);
        Directory.CreateDirectory(path, PrivateDirectory.OnlyOwner);
        File.WriteAllText(Path.Combine(path, "w-1.sock"), "");
        File.WriteAllText(path + ".lock", "");
        return path;
    }
}
