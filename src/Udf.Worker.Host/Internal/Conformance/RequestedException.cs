namespace Udf.Worker.Host.Internal;

/// <summary>What <c>udf.fail</c> throws.</summary>
internal sealed class RequestedException() : Exception("requested");
