namespace Udf.Worker.Transport.Internal;

/// <summary>Who serves a stream without waiting for it. Called on the connection's reader: it must not block.</summary>
internal interface IStreamObserver
{
    /// <summary>Something has come: ask the stream for it. Told again only after the stream was found empty.</summary>
    void Readable();

    /// <summary>The execution is cancelled, or its stream is over for the peer: what runs is to be stopped at once.</summary>
    void Cancelled();
}
