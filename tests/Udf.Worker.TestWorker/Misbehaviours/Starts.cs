namespace Udf.Worker.TestWorker.Misbehaviours;

/// <summary>Workers that never come so far as to answer.</summary>
internal static class Starts
{
    /// <summary><c>exit-at-once:code</c>, with a last word on both outputs.</summary>
    internal static async Task<int> ExitAtOnceAsync(TestWorkerStart start)
    {
        int code = start.Number(otherwise: 1);
        await Console.Out.WriteLineAsync("the worker looks around");
        await Console.Error.WriteLineAsync($"the worker exits with {code} on purpose");
        return code;
    }

    internal static async Task<int> NeverBindsAsync(TestWorkerStart start)
    {
        await Console.Error.WriteLineAsync("the worker does not bind on purpose");
        await Task.Delay(Timeout.Infinite);
        return 0;
    }

    internal static async Task<int> BindsNeverAcceptsAsync(TestWorkerStart start)
    {
        using System.Net.Sockets.Socket socket = start.Bind();
        socket.Listen();
        await Task.Delay(Timeout.Infinite);
        return 0;
    }
}
