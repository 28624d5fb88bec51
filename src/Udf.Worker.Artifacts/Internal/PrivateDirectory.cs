namespace Udf.Worker.Artifacts.Internal;

/// <summary>Directories that only this user may enter, where the platform knows such.</summary>
internal static class PrivateDirectory
{
    internal static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
