namespace Udf.Worker.Host.Internal;

/// <summary>A connection, as whoever ends the worker sees it.</summary>
internal interface IStoppable
{
    /// <summary>Asks for the end. Called from any thread, and returns at once.</summary>
    void Stop(ExecutionStop stop, string reason);
}
