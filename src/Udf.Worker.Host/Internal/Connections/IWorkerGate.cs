namespace Udf.Worker.Host.Internal;

/// <summary>The door of a worker process: where connections come in. Disposed, it accepts nothing any more; connections that were accepted go on.</summary>
internal interface IWorkerGate : IDisposable
{
    /// <summary>Begins to accept. Returns at once.</summary>
    void Start();
}
