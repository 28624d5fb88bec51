using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>The programs whose start is measured, published in the same way: ReadyToRun, for the framework of this machine.</summary>
/// <param name="BareProgramPath">The baseline.</param>
/// <param name="WorkerPath">The worker.</param>
internal sealed record StartPrograms(string BareProgramPath, string WorkerPath)
{
    /// <summary>For rows that are only named, not run.</summary>
    internal static StartPrograms None { get; } = new("", "");

    /// <summary>Publishes both, which takes a while the first time.</summary>
    /// <exception cref="InvalidOperationException">It could not be done.</exception>
    internal static StartPrograms Publish() => new(
        Publish("benchmarks/Udf.Worker.Benchmarks.BareProgram"),
        Publish("tests/Udf.Worker.TestWorker"));

    private static string Publish(string project)
    {
        string root = typeof(StartPrograms).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "RepositoryPath").Value!;
        string name = Path.GetFileName(project);
        string output = Path.Combine(root, project, "bin", "ReadyToRun");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (string argument in (string[])
        [
            "publish", Path.Combine(root, project, name + ".csproj"), "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "--no-self-contained", "-p:PublishReadyToRun=true", "-o", output,
            "--nologo", "-v", "quiet", "-nodeReuse:false",
        ])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? Path.Combine(output, name + ".dll")
            : throw new InvalidOperationException($"'dotnet publish' of {project} ended with {process.ExitCode}: {said}");
    }
}
