using Spectre.Console;

namespace IsolatedSessions.Engine;

/// <summary>What the demonstration shows.</summary>
internal static class DemonstrationTables
{
    private const int ShownAnswers = 40;

    public static void Show(IEnumerable<Tally> tallies, SessionRuns runs, List<(string When, SortedDictionary<string, WorkerReport> Workers)> memory)
    {
        // Redirected output has no width of its own.
        IAnsiConsole console = AnsiConsole.Console;
        console.Profile.Width = Math.Max(console.Profile.Width, 130);
        string[] workers = [.. memory[0].Workers.Keys];

        Table answers = new Table().AddColumns("session", "worker", "answers", "by version", "assembly came from", "wrong");
        foreach (Tally tally in tallies)
        {
            string session = tally.Session;
            string wrong = $"{tally.WrongCount}";
            foreach ((string workerId, string version, string origin, int count) in tally.Snapshot())
            {
                answers.AddRow(session, $"{NumberOf(workerId)}", $"{count}", version, origin, wrong);
                session = wrong = "";
            }
        }

        Table order = new Table().AddColumns("worker", $"first {ShownAnswers} answers, by version (L: the lambda)");
        foreach (string worker in workers)
        {
            order.AddRow($"{NumberOf(worker)}", string.Join(' ', runs.Timeline.Where(answer => answer.WorkerId == worker).Take(ShownAnswers).Select(answer => answer.Version)));
        }

        Table held = new Table().AddColumn("the workers' memory").AddColumns([.. workers.Select(worker => $"worker {NumberOf(worker)}")]);
        foreach ((string when, SortedDictionary<string, WorkerReport> reports) in memory)
        {
            held.AddRow([when, .. workers.Select(worker => $"{reports[worker]}")]);
        }

        console.Write(answers);
        console.Write(order);
        console.Write(held);

        int NumberOf(string workerId) => Array.IndexOf(workers, workerId) + 1;
    }
}
