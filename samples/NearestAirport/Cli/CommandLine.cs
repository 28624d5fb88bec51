using System.CommandLine;
using Spectre.Console;
using Udf.Worker;

namespace NearestAirport;

/// <summary>The options, and what the program says and returns when something goes wrong.</summary>
internal static class CommandLine
{
    private const int Failed = 1;
    private const int Cancelled = 130;

    public static Task<int> RunAsync(string[] args)
    {
        var transport = new Option<string>("--transport") { Description = "How the workers are reached.", DefaultValueFactory = _ => Workers.Transports[0] };
        transport.AcceptOnlyFromAmong([.. Workers.Transports]);
        var sessions = new Option<int>("--sessions") { Description = "How many sessions run in parallel, each on a worker of its own meanwhile.", DefaultValueFactory = _ => Environment.ProcessorCount };
        sessions.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && (!int.TryParse(token.Value, out int count) || count is < 1 or > 256))
            {
                result.AddError($"--sessions must be a number from 1 to 256, not '{token.Value}'.");
            }
        });
        var output = new Option<FileInfo>("--output") { Description = "The file for the result.", DefaultValueFactory = _ => new FileInfo("nearest.csv") };

        var command = new RootCommand("Finds the nearest airport of each US ZIP code in worker processes.") { transport, sessions, output };

        // On the pool: Ctrl+C and SIGTERM wait for the task that is returned here, so it must be there from the start.
        command.SetAction((options, cancellationToken) => Task.Run(
            () => RunAsync(options.GetRequiredValue(transport), options.GetRequiredValue(sessions), options.GetRequiredValue(output).FullName, cancellationToken),
            CancellationToken.None));

        // They cancel; then the workers get this time to end.
        return command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(15) });
    }

    private static async Task<int> RunAsync(string transport, int sessionCount, string outputPath, CancellationToken cancellationToken)
    {
        IAnsiConsole console = Terminal.Create();
        try
        {
            return await RunAsync(console, transport, sessionCount, outputPath, cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Whatever came of it: Ctrl+C reaches the workers as well, and one that is gone before it could be cancelled is no failure.
            await Console.Error.WriteLineAsync($"Cancelled. The workers have ended; {outputPath} is incomplete or unchecked.");
            return Cancelled;
        }
        catch (Exception exception) when (exception is WorkerException or IOException or UnauthorizedAccessException or FormatException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"Failed: {exception.Message}");
            return Failed;
        }
    }

    private static async Task<int> RunAsync(IAnsiConsole console, string transport, int sessionCount, string outputPath, CancellationToken cancellationToken)
    {
        DataFiles data = DataFiles.OfThisProgram;
        JobResult result;

        // Before anything is started: a file that cannot be written is known at once.
        await using (FileStream output = File.Create(outputPath))
        {
            var job = new NearestAirportJob(data, transport, sessionCount);
            result = await Terminal.ShowProgressAsync(console, "ZIP codes", data.CountZipCodes(), answered => job.RunAsync(output, answered, cancellationToken));
        }

        console.WriteLine("Checking against a computation in this process.");
        ResultCheck check = await Task.Run(() => ResultCheck.Run(data, outputPath, sessionCount, cancellationToken), cancellationToken);
        Report.Write(console, transport, result, check, outputPath);
        return check.DifferenceCount == 0 ? 0 : Failed;
    }
}
