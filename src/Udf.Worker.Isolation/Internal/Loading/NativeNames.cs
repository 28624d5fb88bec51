using System.Runtime.InteropServices;

namespace Udf.Worker.Isolation.Internal;

/// <summary>Which files a native library may be that code calls by a short name: as it is, and with what the platform puts before and after; those for this platform's directory first.</summary>
internal static class NativeNames
{
    internal static IEnumerable<string> Of(string name)
    {
        string ending = OperatingSystem.IsWindows() ? ".dll" : OperatingSystem.IsMacOS() ? ".dylib" : ".so";
        string[] names = name.EndsWith(ending, StringComparison.OrdinalIgnoreCase) || name.Contains(".so.", StringComparison.Ordinal)
            ? [name, $"lib{name}"]
            : [$"{name}{ending}", $"lib{name}{ending}", name, $"lib{name}"];

        foreach (string candidate in names)
        {
            yield return $"{RuntimeInformation.RuntimeIdentifier}/{candidate}";
            yield return candidate;
        }
    }
}
