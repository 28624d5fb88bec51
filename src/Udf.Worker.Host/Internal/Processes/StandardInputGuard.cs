namespace Udf.Worker.Host.Internal;

/// <summary>Ends the worker at the end of its standard input, which its engine holds open: so an engine that dies, however it dies, leaves no worker behind.</summary>
internal static class StandardInputGuard
{
    internal static void Start(Stream input, WorkerLifetime lifetime) =>
        new Thread(() => Read(input, lifetime), 128 * 1024) { IsBackground = true, Name = "udf-stdin" }.Start();

    private static void Read(Stream input, WorkerLifetime lifetime)
    {
        byte[] dropped = new byte[4096];
        try
        {
            while (input.Read(dropped) > 0)
            {
            }
        }
        catch (IOException)
        {
            // It cannot be read, which is no engine either.
        }

        lifetime.End(WorkerExitCodes.Ended, "Its standard input has ended: the engine is gone.");
    }
}
