namespace Udf.Worker.TestWorker;

/// <summary>One fault, chosen by <c>--misbehave name[:argument]</c> before <c>--id</c>, or by the environment variable <see cref="Variable"/>.</summary>
internal sealed record Misbehaviour(string Name, string? Argument)
{
    internal const string Variable = "UDF_TEST_MISBEHAVE";

    // A test that fails must leave nothing behind for long.
    private static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(2);

    internal static Misbehaviour? Parse(string[] args, string? variable)
    {
        int index = Array.IndexOf(args, "--misbehave");
        string? text = index >= 0 && index + 1 < args.Length ? args[index + 1] : variable;
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        string[] parts = text.Split(':', 2);
        return new Misbehaviour(parts[0], parts.Length == 2 ? parts[1] : null);
    }

    internal async Task<int> RunAsync(string[] args)
    {
        if (!MisbehaviourTable.All.TryGetValue(Name, out Func<TestWorkerStart, Task<int>>? behaviour))
        {
            await Console.Error.WriteLineAsync($"Unknown misbehaviour '{Name}'. Known: {string.Join(", ", MisbehaviourTable.All.Keys)}.");
            return 2;
        }

        using Timer lifetime = new(_ => Environment.FailFast($"The misbehaviour '{Name}' was left behind."), null, LongestLife, Timeout.InfiniteTimeSpan);
        return await behaviour(new TestWorkerStart(args, Argument));
    }
}
