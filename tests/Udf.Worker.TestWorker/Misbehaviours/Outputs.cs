using System.Diagnostics;
using Udf.Worker.Host;

namespace Udf.Worker.TestWorker.Misbehaviours;

/// <summary>Workers that serve as they should and do something with their standard output and error.</summary>
internal static class Outputs
{
    /// <summary><c>spam-stderr:MiB</c>: so many lines, beside the work, and a last one without an end.</summary>
    internal static Task<int> SpamStandardErrorAsync(TestWorkerStart start)
    {
        const int linesPerMiB = 8192;
        int lines = start.Number(otherwise: 16) * linesPerMiB;
        string filler = new('x', 100);
        Thread thread = new(() =>
        {
            for (int line = 0; line < lines; line++)
            {
                Console.Error.WriteLine($"spam {line:D20} {filler}");
            }

            Console.Error.Write("spam without end");
        })
        {
            IsBackground = true,
        };
        thread.Start();
        return UdfWorkerHost.RunAsync(start.Args, _ => { }, TestWorkerOptions.Create());
    }

    /// <summary><c>leave-grandchild-with-stdout:seconds</c>: starts a process that inherits the outputs and outlives the worker; its id stands on standard error.</summary>
    internal static Task<int> LeaveGrandchildAsync(TestWorkerStart start)
    {
        using Process grandchild = Process.Start("sleep", [start.Number(otherwise: 30).ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        Console.Error.WriteLine($"grandchild {grandchild.Id}");
        return UdfWorkerHost.RunAsync(start.Args, _ => { }, TestWorkerOptions.Create());
    }
}
