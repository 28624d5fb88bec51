namespace Udf.Worker.Transport.Internal;

/// <summary>Who has let an open stream be silent for too long.</summary>
internal enum StreamSilence
{
    /// <summary>The worker has not answered a batch in time.</summary>
    Batch,

    /// <summary>No batch passed, because the consumer has not asked for a result.</summary>
    Consumer,

    /// <summary>No batch passed, because the caller's input has yielded none, and the worker has answered all that it was given.</summary>
    Input,

    /// <summary>No batch passed, because the worker neither takes nor answers.</summary>
    Worker,
}
