using System.Globalization;
using Udf.Worker.Protocol.Messages;

namespace Udf.Worker.Protocol.Internal;

/// <summary>What a worker must refuse in an <see cref="Init"/> before it looks at the payload's bytes.</summary>
internal static class InitValidation
{
    /// <summary>The text of a protocol error, or null.</summary>
    internal static string? Check(Init init, WorkerExecutionOptions options)
    {
        if (init.HasProtocolVersion && init.ProtocolVersion is < ProtocolVersion.First or > ProtocolVersion.Highest)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"Protocol version {init.ProtocolVersion} is not supported; this worker supports {ProtocolVersion.First} to {ProtocolVersion.Highest}.");
        }

        if (init.DataFormat == UDFWorkerDataFormat.Unspecified)
        {
            return "Init.data_format is not set.";
        }

        if (!options.Accepts(init.DataFormat))
        {
            return $"Data format {init.DataFormat} is not supported; this worker supports {string.Join(", ", options.DataFormats)}.";
        }

        if (init.Udf is null)
        {
            return "Init.udf is not set.";
        }

        return init.Udf.Format.Length == 0 ? "Init.udf.format is empty." : null;
    }
}
