using Microsoft.Extensions.Logging;
using Udf.Worker.Host;

namespace Udf.Worker.Isolation.Functions;

/// <summary>It keeps what cannot travel.</summary>
public sealed class LoggingFunction(ILogger logger) : UdfFunction
{
    private readonly ILogger _logger = logger;

    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output)
    {
        _logger.BeginScope("batch")?.Dispose();
        return output.SendAsync(batch);
    }
}
