namespace Udf.Worker.Transport.Uds.Tests;

/// <summary>The abstract sockets of this machine, seen from outside.</summary>
internal static class AbstractSockets
{
    /// <summary>Whether any socket, listening or not, has a name.</summary>
    /// <param name="address">The name, with <c>@</c> in place of its zero byte, as <c>/proc</c> shows it too.</param>
    public static bool IsThere(string address) => File.ReadLines("/proc/net/unix").Any(line => line.EndsWith(' ' + address, StringComparison.Ordinal));
}
