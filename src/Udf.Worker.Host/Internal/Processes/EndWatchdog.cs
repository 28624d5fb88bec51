namespace Udf.Worker.Host.Internal;

/// <summary>
/// The last resort of a process that is to end: a thread that needs nothing but the kernel. User code may spin, fill the thread pool (and with it stop every timer), or hang in a finalizer, an exit handler
/// or what comes after the host in <c>Main</c>: the process ends all the same.
/// </summary>
internal static class EndWatchdog
{
    // Hard ends take a second in all. One that was asked for has nobody waiting but an engine that goes on to signals by itself.
    private static readonly TimeSpan HardLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OrderlyLimit = TimeSpan.FromSeconds(5);

    internal static void Start(int exitCode, bool isOrderly) =>
        new Thread(
            () =>
            {
                // The system's clock on purpose: an injected one needs the thread pool to say when.
                using ManualResetEventSlim never = new();
                never.Wait(isOrderly ? OrderlyLimit : HardLimit);
                ProcessEnd.Now(exitCode);
            },
            128 * 1024)
        {
            IsBackground = true,
            Name = "udf-end-watchdog",
        }.Start();
}
