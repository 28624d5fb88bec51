namespace Udf.Worker.Host.Internal;

/// <summary>The process was started in a way that it cannot work with. The message is for standard error.</summary>
internal sealed class WorkerStartFailure(string message, Exception? innerException = null) : Exception(message, innerException);
