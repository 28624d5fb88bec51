using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Udf.Worker.Direct.Internal;

/// <summary>
/// The name of an environment, made of all that it says: equal for equal environments of one user, whichever process asks. A hash, because variables may hold secrets.
/// </summary>
internal static class EnvironmentKey
{
    // Changed when the form below is: versions that write it differently do not wait for each other.
    private const string Form = "udf-environment-1";

    /// <summary>The name: 64 hexadecimal digits.</summary>
    public static string Of(WorkerEnvironment environment)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, Form);
        Add(hash, OperatingSystem.IsWindows() ? System.Environment.UserName : UnixFiles.UserId.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Add(hash, environment.Verification);
        Add(hash, environment.Installation);
        Add(hash, environment.Cleanup);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Each part with its length or count before it, so that no two environments are written alike.
    private static void Add(IncrementalHash hash, ProcessCallable? callable)
    {
        if (callable is null)
        {
            Add(hash, -1);
            return;
        }

        // Where the command ends and its arguments begin makes no difference to the process.
        string[] commandLine = [.. callable.Command, .. callable.Arguments];
        Add(hash, commandLine.Length);
        foreach (string entry in commandLine)
        {
            Add(hash, entry);
        }

        Add(hash, callable.EnvironmentVariables.Count);
        foreach ((string name, string value) in callable.EnvironmentVariables.OrderBy(static variable => variable.Key, StringComparer.Ordinal))
        {
            Add(hash, name);
            Add(hash, value);
        }
    }

    private static void Add(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Add(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void Add(IncrementalHash hash, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
