using Xunit;

namespace Udf.Worker.Testing;

/// <summary>A test of something that only Linux has.</summary>
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = OperatingSystem.IsLinux() ? null! : "Only on Linux.";
}
