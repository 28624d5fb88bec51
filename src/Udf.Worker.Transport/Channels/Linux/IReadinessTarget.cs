namespace Udf.Worker.Transport.Internal;

/// <summary>Who waits for a socket to be ready.</summary>
internal interface IReadinessTarget
{
    /// <summary>The socket is ready, or broken. Called on a thread that serves all sockets: passes the word on, and neither throws nor blocks.</summary>
    void OnReady();
}
