using Udf.Worker.Testing;

namespace Udf.Worker.Direct.Tests;

/// <summary>What a worker may use, where it starts and what it inherits.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class WorkerLimitsTests
{
    private static string NextAddress => "> \"$4.tmp\"; mv \"$4.tmp\" \"$4\"; read -r _";

    /// <summary>With a variable whose name a shell would not hand on, the limits are set by another program.</summary>
    [Theory]
    [InlineData("PLAIN")]
    [InlineData("of.another:kind")]
    public async Task Worker_HasLimits_RunsUnderThemAndHasAllItsVariables(string variable)
    {
        var limits = new WorkerLimits { MemoryBytes = 512 * 1024 * 1024, OpenFileCount = 77, FileSizeBytes = 5 * 512, CpuTime = TimeSpan.FromSeconds(30.5), Niceness = 3 };

        WorkerSpecification specification = Scripts
            .Worker("echo $(ulimit -c) $(ulimit -v) $(ulimit -n) $(ulimit -f) $(ulimit -S -t) $(ulimit -H -t) $(nice) $(tr '\\0' '\\n' < /proc/$$/environ | grep -F '" + variable + "') " + NextAddress)
            .WithEnvironmentVariable(variable, "kept");

        string seen = await RunAsync(specification, new DirectWorkerOptions { Limits = limits });

        Assert.Equal($"0 524288 77 5 31 36 3 {variable}=kept", seen);
    }

    [Fact]
    public async Task Worker_HasNoLimits_DumpsNoCoreAllTheSame() => Assert.Equal("0", await RunAsync("echo $(ulimit -c) " + NextAddress, new DirectWorkerOptions()));

    [Fact]
    public async Task Worker_LimitsItsArguments_AreNotReadByTheShell()
    {
        WorkerSpecification specification = Scripts.Worker("echo \"$1\" " + NextAddress.Replace("$4", "$5", StringComparison.Ordinal)) with { };
        ProcessCallable runner = specification.Direct!.Runner!;
        specification = specification with { Direct = specification.Direct with { Runner = runner with { Arguments = [.. runner.Arguments, "$(echo no) ; 'quoted' \"twice\" *"] } } };

        Assert.Equal("$(echo no) ; 'quoted' \"twice\" *", await RunAsync(specification, new DirectWorkerOptions { Limits = new WorkerLimits { OpenFileCount = 64 } }));
    }

    [Theory]
    [InlineData("CpuTime", "SIGXCPU", "used up its CPU time of 1000 ms (DirectWorkerOptions.Limits.CpuTime)", "while :; do :; done")]
    [InlineData("FileSizeBytes", "SIGXFSZ", "a file of more than 1024 bytes (DirectWorkerOptions.Limits.FileSizeBytes)", "exec head -c 100000 /dev/zero > \"$4\"")]
    public async Task Worker_ReachesALimit_ErrorNamesIt(string limit, string signal, string expected, string script)
    {
        WorkerLimits limits = limit == "CpuTime" ? new WorkerLimits { CpuTime = TimeSpan.FromSeconds(1) } : new WorkerLimits { FileSizeBytes = 1024 };
        await using var dispatcher = new FakeDispatcher(Scripts.Worker(script), new DirectWorkerOptions { Limits = limits });
        dispatcher.OnWaitUntilReady = async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return null!;
        };

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Equal(signal, error.Exit!.Signal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task Worker_FailsUnderAMemoryLimit_ErrorMentionsIt()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker("exit 134"), new DirectWorkerOptions { Limits = new WorkerLimits { MemoryBytes = 1L << 30 } });

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains("memory was limited to 1073741824 bytes (DirectWorkerOptions.Limits.MemoryBytes)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PLAIN", "DirectWorkerOptions.Limits")]
    [InlineData("of.another:kind", "NOFILE")]
    public async Task Worker_LimitCannotBeSet_ErrorSaysWhich(string variable, string expected)
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker().WithEnvironmentVariable(variable, ""), new DirectWorkerOptions { Limits = new WorkerLimits { OpenFileCount = int.MaxValue } });

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains(expected, error.OutputTail, StringComparison.Ordinal);
        dispatcher.AssertNothingLeft();
    }

    [Fact]
    public async Task Worker_HasAWorkingDirectory_StartsThereAndFindsItsProgramThere()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("udf-cwd-");
        string program = Path.Combine(directory.FullName, "program");
        await File.WriteAllTextAsync(program, "#!/bin/sh\npwd > \"$4.tmp\"; mv \"$4.tmp\" \"$4\"; read -r _\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        string seen = await RunAsync(WorkerSpecification.ForCommand("./program").OverCustom(FakeDispatcher.TransportName), new DirectWorkerOptions { WorkingDirectory = directory.FullName });

        Assert.Equal(directory.FullName, seen);
        directory.Delete(recursive: true);
    }

    [Fact]
    [Failure("the working directory is missing")]
    public async Task CreateSession_WorkingDirectoryIsNotThere_ErrorNamesItAndTheOption()
    {
        await using var dispatcher = new FakeDispatcher(Scripts.Worker(), new DirectWorkerOptions { WorkingDirectory = "/no/such/place" });

        var error = await Assert.ThrowsAsync<WorkerStartException>(() => dispatcher.CreateSessionAsync().AsTask().DefaultTimeout());

        Assert.Contains("'/no/such/place' does not exist (DirectWorkerOptions.WorkingDirectory)", error.Message, StringComparison.Ordinal);
        dispatcher.AssertNothingLeft();
    }

    [Theory]
    [InlineData(WorkerEnvironmentInheritance.All, "secret listed more mine")]
    [InlineData(WorkerEnvironmentInheritance.AllowList, "no listed more mine")]
    [InlineData(WorkerEnvironmentInheritance.None, "no no no mine")]
    public async Task Worker_Inherits_WhatTheOptionsSay(WorkerEnvironmentInheritance inheritance, string expected)
    {
        System.Environment.SetEnvironmentVariable("UDF_TEST_SECRET", "secret");
        System.Environment.SetEnvironmentVariable("UDF_TEST_LISTED", "listed");
        System.Environment.SetEnvironmentVariable("UDF_TEST_PREFIX_MORE", "more");
        var options = new DirectWorkerOptions { EnvironmentInheritance = inheritance, InheritedEnvironmentVariables = { "UDF_TEST_LISTED", "UDF_TEST_PREFIX_*" } };

        WorkerSpecification specification = Scripts.Worker("echo ${UDF_TEST_SECRET-no} ${UDF_TEST_LISTED-no} ${UDF_TEST_PREFIX_MORE-no} $MINE > \"$4.tmp\"; /bin/mv \"$4.tmp\" \"$4\"; read -r _").WithEnvironmentVariable("MINE", "mine");

        Assert.Equal(expected, await RunAsync(specification, options));
    }

    private static Task<string> RunAsync(string script, DirectWorkerOptions options) => RunAsync(Scripts.Worker(script), options);

    // What the worker writes into the file of its address.
    private static async Task<string> RunAsync(WorkerSpecification specification, DirectWorkerOptions options)
    {
        await using var dispatcher = new FakeDispatcher(specification, options);
        await using FakeSession session = await dispatcher.CreateSessionAsync().DefaultTimeout();
        return (await File.ReadAllTextAsync(Assert.Single(dispatcher.Allocated))).TrimEnd();
    }
}
