namespace Udf.Worker.Host.Internal;

/// <summary>What a worker process exits with by itself.</summary>
internal static class WorkerExitCodes
{
    /// <summary>It was asked to end, or its engine is gone.</summary>
    internal const int Ended = 0;

    /// <summary>It was started in a way that it cannot work with, or cannot listen where it was told to. Standard error says why.</summary>
    internal const int CannotStart = 2;

    /// <summary>Its manage connection broke the protocol.</summary>
    internal const int ProtocolViolation = 3;

    /// <summary>By SIGTERM: 128 and the number of the signal, as shells have it.</summary>
    internal const int Terminated = 143;
}
