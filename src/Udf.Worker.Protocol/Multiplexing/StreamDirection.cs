namespace Udf.Worker.Protocol;

/// <summary>Which way messages of a stream travel: it decides what their first bytes mean.</summary>
public enum StreamDirection
{
    /// <summary>From the engine: <c>UdfRequest</c>.</summary>
    Requests,

    /// <summary>From the worker: <c>UdfResponse</c>.</summary>
    Responses,
}
