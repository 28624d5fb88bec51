namespace Udf.Worker.Protocol;

/// <summary>A message of the worker that breaks the rules of the protocol.</summary>
/// <param name="MessageName">The message, such as <c>DataResponse</c>; or what it was instead of one.</param>
/// <param name="State">Where the execution stood.</param>
/// <param name="Detail">Which rule it breaks.</param>
public sealed record ProtocolViolation(string MessageName, EngineExecutionState State, string Detail)
{
    /// <summary>What happened, in one or two sentences.</summary>
    public string Message => $"The worker sent {MessageName} while the execution was {State}. {Detail}";

    /// <inheritdoc/>
    public override string ToString() => Message;
}
