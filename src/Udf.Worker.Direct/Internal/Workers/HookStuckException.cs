namespace Udf.Worker.Direct.Internal;

/// <summary>A hook did not listen to its token, which has fallen, and is no longer waited for. What it was called for ends as if it had listened.</summary>
internal sealed class HookStuckException(string hook, CancellationToken token)
    : OperationCanceledException($"{hook} did not return although its token had fallen.", token);
