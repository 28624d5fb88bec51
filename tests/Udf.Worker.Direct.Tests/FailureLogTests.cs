using System.Diagnostics;
using Udf.Worker.Direct.Internal;
using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>The whole output of a worker, kept if the worker fails.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class FailureLogTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("udf-log-");

    private DirectWorkerOptions Options => new() { FailureLogDirectory = Path.Combine(_directory.FullName, "logs"), OutputTailLineCount = 2 };

    private string[] Files => Directory.Exists(Options.FailureLogDirectory) ? Directory.GetFiles(Options.FailureLogDirectory!) : [];

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Worker_FailsToStart_WholeOutputIsKeptAndNamedInTheError()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker("seq 1 1000; echo last >&2; exit 5"), Options);

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        string path = Path.Combine(Options.FailureLogDirectory!, $"{error.WorkerId}.log");
        Assert.Contains($"Its whole output is kept in {path}.", error.Message, StringComparison.Ordinal);
        Assert.Equal(1001, (await File.ReadAllLinesAsync(path)).Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal([path], Files);
    }

    [Fact]
    public async Task Worker_IsKilledFromOutside_OutputIsKept()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker("echo one; echo two; echo three; touch \"$4\"; read -r _"), Options);
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        Task<Exception> run = session.RunUntilLostAsync();

        Process.GetProcessById(session.ProcessId).Kill();

        Exception error = await run.DefaultTimeout();
        await session.CloseAsync().DefaultTimeout();
        string path = Assert.Single(Files);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Equal("one\ntwo\nthree\n", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task Worker_EndsWell_ItsRecordGoes()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker("echo hello; touch \"$4\"; read -r _"), Options);
        FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        await session.CloseAsync().DefaultTimeout();

        Assert.True(Directory.Exists(Options.FailureLogDirectory));
        Assert.Empty(Files);
    }

    [Fact]
    public async Task Worker_DirectoryCannotBeWritten_FailsNothingElse()
    {
        string file = Path.Combine(_directory.FullName, "file");
        await File.WriteAllTextAsync(file, "");
        var options = new DirectWorkerOptions { FailureLogDirectory = Path.Combine(file, "logs") };
        await using var dispatcher = new FakeDispatcher(Scripts.Worker("echo hello; touch \"$4\"; read -r _"), options);

        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();

        Assert.True(ProcessProbe.IsRunning(session.ProcessId));
    }

    [Fact]
    public void Write_MoreThanTheBound_KeepsTheLastHalfAtLeast()
    {
        const int Bound = 1000;
        var record = new RecordedOutput(new Silence(), _directory.FullName, "w", Bound);
        for (int line = 0; line < 1000; line++)
        {
            record.Write($"{line:D9}", isError: false);
        }

        string? path = record.Keep();
        record.Close();

        string[] kept = [.. File.ReadAllLines(Path.Combine(_directory.FullName, "w.1.log")), .. File.ReadAllLines(path!)];
        Assert.InRange(kept.Length, Bound / 2 / 10, Bound / 10);
        Assert.Equal(Enumerable.Range(1000 - kept.Length, kept.Length).Select(static line => $"{line:D9}"), kept);
    }

    private sealed class Silence : IProcessOutputSink
    {
        public void Write(string line, bool isError)
        {
        }
    }
}
