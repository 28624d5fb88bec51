using System.Globalization;
using Spectre.Console;

namespace NearestAirport;

/// <summary>The console: a progress bar and colours on a terminal, plain lines elsewhere.</summary>
internal static class Terminal
{
    public static IAnsiConsole Create() => Console.IsOutputRedirected
        ? AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No })
        : AnsiConsole.Console;

    /// <summary>Runs some work and shows how far it is.</summary>
    /// <param name="console">Where.</param>
    /// <param name="what">What is counted.</param>
    /// <param name="total">How many there are.</param>
    /// <param name="work">The work; it is given what to tell the present count to.</param>
    public static Task<T> ShowProgressAsync<T>(IAnsiConsole console, string what, int total, Func<Action<int>, Task<T>> work)
    {
        if (!console.Profile.Capabilities.Interactive)
        {
            return work(LineEveryTenth(console, what, total));
        }

        return console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn()).StartAsync(context =>
        {
            ProgressTask bar = context.AddTask(what, maxValue: total);
            return work(count => bar.Value = count);
        });
    }

    private static Action<int> LineEveryTenth(IAnsiConsole console, string what, int total)
    {
        int tenths = 0;
        return count =>
        {
            if (10L * count / total > tenths)
            {
                tenths = (int)(10L * count / total);
                console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {count:N0} of {total:N0}"));
            }
        };
    }
}
