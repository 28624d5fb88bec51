using System.Globalization;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>What the command line says of a comparison.</summary>
internal sealed class CompareOptions
{
    internal const string Usage = """
        compare [--only KEY…] [--rounds N] [--round-ms MS] [--warm-up-ms MS] [--quick] [--out DIRECTORY [--into FILE]] [--list]

          --only       rows to measure, by the names that --list prints, or what these begin with; all if left out
          --rounds     how often each subject has its turn (15)
          --round-ms   how long a turn is (150)
          --warm-up-ms how long a subject runs before it is measured (1500)
          --quick      3 rounds of 60 ms after 400 ms: to see that it works, and what is far off
          --out        where the report and the chart go; none are written if left out
          --into       a document with the marks between which the summary is put
        """;

    public List<string> Only { get; } = [];

    public int RoundCount { get; private set; } = 15;

    public TimeSpan RoundLength { get; private set; } = TimeSpan.FromMilliseconds(150);

    public TimeSpan WarmUp { get; private set; } = TimeSpan.FromMilliseconds(1500);

    public string? OutputDirectory { get; private set; }

    public string? Document { get; private set; }

    public bool IsList { get; private set; }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">It says what is not understood.</exception>
    internal static CompareOptions Parse(string[] args)
    {
        var options = new CompareOptions();
        var left = new Queue<string>(args);
        while (left.TryDequeue(out string? argument))
        {
            switch (argument)
            {
                case "--only":
                    while (left.TryPeek(out string? key) && !key.StartsWith('-'))
                    {
                        options.Only.Add(left.Dequeue());
                    }

                    break;
                case "--rounds":
                    options.RoundCount = Number(argument, left);
                    break;
                case "--round-ms":
                    options.RoundLength = TimeSpan.FromMilliseconds(Number(argument, left));
                    break;
                case "--warm-up-ms":
                    options.WarmUp = TimeSpan.FromMilliseconds(Number(argument, left));
                    break;
                case "--quick":
                    options.RoundCount = 3;
                    options.RoundLength = TimeSpan.FromMilliseconds(60);
                    options.WarmUp = TimeSpan.FromMilliseconds(400);
                    break;
                case "--out":
                    options.OutputDirectory = left.TryDequeue(out string? directory) ? directory : throw new ArgumentException("--out names no directory.");
                    break;
                case "--into":
                    options.Document = left.TryDequeue(out string? document) ? document : throw new ArgumentException("--into names no file.");
                    break;
                case "--list":
                    options.IsList = true;
                    break;
                default:
                    throw new ArgumentException($"'{argument}' is not understood.\n\n{Usage}");
            }
        }

        return options.Document is null || options.OutputDirectory is not null
            ? options
            : throw new ArgumentException("--into needs --out, for the chart that the summary shows.");
    }

    /// <summary>Whether a row is to be measured.</summary>
    internal bool Selects(CompareRow row) => Only.Count == 0 || Only.Any(key => row.Key.StartsWith(key, StringComparison.Ordinal));

    private static int Number(string name, Queue<string> left) =>
        left.TryDequeue(out string? text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new ArgumentException($"{name} needs a number above 0, not '{text}'.");
}
