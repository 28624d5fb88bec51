using System.Globalization;
using System.Security.Cryptography;

namespace Udf.Worker.Direct.Internal;

/// <summary>What tells the processes of this host from all others: a value in their environment that no other host, before or after, has.</summary>
internal static class HostMark
{
    /// <summary>The value of <see cref="WorkerEnvironmentVariables.Host"/>.</summary>
    public static string Value { get; } = string.Create(
        CultureInfo.InvariantCulture, $"{System.Environment.ProcessId}-{ProcFileSystem.StartTime(System.Environment.ProcessId)}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}");
}
