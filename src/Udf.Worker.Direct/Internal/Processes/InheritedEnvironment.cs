using System.Collections;

namespace Udf.Worker.Direct.Internal;

/// <summary>What of this process's environment its workers get.</summary>
/// <param name="inheritance">All, none, or those of the list.</param>
/// <param name="names">The list: names, or beginnings of names that end in <c>*</c>.</param>
internal sealed class InheritedEnvironment(WorkerEnvironmentInheritance inheritance, IEnumerable<string> names)
{
    private readonly string[] _names = [.. names];

    /// <summary>The variables as they are now, in a dictionary that the caller may add to.</summary>
    public Dictionary<string, string> Read()
    {
        Dictionary<string, string> inherited = new(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        if (inheritance == WorkerEnvironmentInheritance.None)
        {
            return inherited;
        }

        foreach (DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
        {
            string name = (string)variable.Key;
            if (!WorkerEnvironmentVariables.IsPrivate(name) && (inheritance == WorkerEnvironmentInheritance.All || IsListed(name)))
            {
                inherited[name] = (string?)variable.Value ?? "";
            }
        }

        return inherited;
    }

    private bool IsListed(string name) => Array.Exists(_names, listed =>
        listed.EndsWith('*') ? name.AsSpan().StartsWith(listed.AsSpan(0, listed.Length - 1), StringComparison.Ordinal) : string.Equals(name, listed, StringComparison.Ordinal));
}
