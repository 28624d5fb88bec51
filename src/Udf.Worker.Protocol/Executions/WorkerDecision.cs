using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol;

/// <summary>
/// What <see cref="WorkerExecution"/> wants done, in this order: send <see cref="Reply"/>, send <see cref="Terminator"/>, do
/// <see cref="Action"/>, and end the connection if <see cref="EndsConnection"/>.
/// </summary>
/// <param name="Action">What to do with the function.</param>
/// <param name="Reply"><c>InitResponse</c> or <c>ErrorResponse</c>, or null.</param>
/// <param name="Terminator"><c>FinishResponse</c> or <c>CancelResponse</c>, or null. After it the execution is over.</param>
/// <param name="EndsConnection">Whether nothing more is to be read from the connection or written to it.</param>
public readonly record struct WorkerDecision(
    WorkerAction Action,
    UdfResponse? Reply = null,
    UdfResponse? Terminator = null,
    bool EndsConnection = false);
