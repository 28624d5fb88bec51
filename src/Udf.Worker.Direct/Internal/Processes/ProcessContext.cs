using Microsoft.Extensions.Logging;

namespace Udf.Worker.Direct.Internal;

/// <summary>What all processes of one dispatcher share.</summary>
internal sealed record ProcessContext(DirectWorkerSettings Settings, TimeProvider TimeProvider, ILogger Logger, ILogger OutputLogger);
