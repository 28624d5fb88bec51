using System.Diagnostics;

namespace Udf.Worker.Benchmarks;

/// <summary>Starts this program again in another mode, as the other side of a baseline.</summary>
internal static class ThisProgram
{
    /// <summary>Starts it, and waits until it has written a line.</summary>
    internal static Process Start(params ReadOnlySpan<string> arguments) => StartAndRead(out _, [typeof(ThisProgram).Assembly.Location, .. arguments]);

    /// <summary>Starts a .NET program, and waits until it has written a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="assemblyAndArguments">The program and what it is told.</param>
    /// <returns>The process, whose standard input is a pipe that ends with this process.</returns>
    internal static Process StartAndRead(out string line, params ReadOnlySpan<string> assemblyAndArguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string argument in assemblyAndArguments)
        {
            start.ArgumentList.Add(argument);
        }

        Process process = Process.Start(start)!;
        line = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{assemblyAndArguments[0]} ended before it was ready; its standard error says why.");
        return process;
    }
}
