using Microsoft.Win32.SafeHandles;
using Udf.Worker.Direct.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

public sealed class FileLockTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("udf-lock-");

    private string LockPath => Path.Combine(_directory.FullName, "a.lock");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void TryTake_HeldInThisProcess_IsTakenUntilDisposed()
    {
        LockAttempt first = FileLock.TryTake(LockPath);
        Assert.NotNull(first.Held);
        Assert.True(FileLock.TryTake(LockPath).IsTaken);

        first.Dispose();
        first.Dispose();

        using LockAttempt second = FileLock.TryTake(LockPath);
        Assert.NotNull(second.Held);
    }

    [Fact]
    public void Dispose_LeavesNoFile()
    {
        FileLock.TryTake(LockPath).Dispose();

        Assert.Empty(_directory.GetFileSystemInfos());
    }

    [Fact]
    public void TryTake_FileCannotBeOpened_SaysWhy()
    {
        Directory.CreateDirectory(LockPath);

        LockAttempt attempt = FileLock.TryTake(LockPath);

        Assert.False(attempt.IsTaken);
        Assert.Contains(LockPath, attempt.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Lock_FileWasRemovedSinceItWasOpened_IsTakenBecauseTheNextOneMakesANewFile()
    {
        SafeFileHandle opened = File.OpenHandle(LockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        File.Delete(LockPath);

        Assert.True(FileLock.Lock(LockPath, opened).IsTaken);

        Assert.True(opened.IsClosed);
        using LockAttempt next = FileLock.TryTake(LockPath);
        Assert.NotNull(next.Held);
    }

    [Fact]
    public async Task TryTake_HolderIsKilled_IsFree()
    {
        using ChildProcess holder = await ChildProcess.HoldLockAsync(LockPath);
        Assert.True(FileLock.TryTake(LockPath).IsTaken);

        holder.Kill();
        await holder.WaitForEndAsync().DefaultTimeout();

        using LockAttempt attempt = FileLock.TryTake(LockPath);
        Assert.NotNull(attempt.Held);
    }

    [Fact]
    public async Task TryTake_HeldHere_KeepsAnotherProgramOut()
    {
        using LockAttempt attempt = FileLock.TryTake(LockPath);

        using ChildProcess other = ChildProcess.Start("/bin/sh", "-c", "exec 9>>\"$0\"; flock -n 9 && echo got || echo refused", LockPath);

        Assert.Equal(["refused"], await other.WaitForEndAsync().DefaultTimeout());
    }

    [Fact]
    public async Task Held_ChildStartedMeanwhile_DoesNotHaveIt()
    {
        LockAttempt attempt = FileLock.TryTake(LockPath);
        using ChildProcess child = ChildProcess.Start("/bin/sh", "-c", "ls -l /proc/$$/fd; echo listed; read -r _");
        await child.WaitForLineAsync("listed").DefaultTimeout();

        attempt.Dispose();

        using LockAttempt next = FileLock.TryTake(LockPath);
        Assert.NotNull(next.Held);
        Assert.True(ProcessProbe.IsRunning(child.ProcessId));
        child.Kill();
        Assert.DoesNotContain(await child.WaitForEndAsync().DefaultTimeout(), static line => line.Contains("a.lock", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TryTake_ManyAtOnce_OneHasItAtATime()
    {
        int inside = 0;
        int entered = 0;
        const int Participants = 4;
        int rounds = Race.Rounds(500, 5000);

        await Race.RunAsync(rounds, Participants, _ => ([.. Enumerable.Repeat(Enter, Participants)], () => Assert.Equal(0, inside)));

        Assert.Equal(rounds * Participants, entered);
        Assert.Empty(_directory.GetFileSystemInfos());

        Task Enter()
        {
            LockAttempt attempt;
            while ((attempt = FileLock.TryTake(LockPath)).IsTaken)
            {
                Thread.Yield();
            }

            Assert.Null(attempt.Problem);
            Assert.Equal(1, Interlocked.Increment(ref inside));
            entered++;
            Assert.Equal(0, Interlocked.Decrement(ref inside));
            attempt.Dispose();
            return Task.CompletedTask;
        }
    }
}
