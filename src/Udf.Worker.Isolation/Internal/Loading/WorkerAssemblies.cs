using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.Loader;

namespace Udf.Worker.Isolation.Internal;

/// <summary>What the worker itself has, told without loading it: which assemblies there are, which of them every session shares, and their versions.</summary>
internal sealed class WorkerAssemblies
{
    // Functions and the library meet in the types of these; with two copies of them, neither would know the other's.
    private static readonly HashSet<string> Shared = new(StringComparer.OrdinalIgnoreCase)
    {
        "Udf.Worker.Core", "Udf.Worker.Protocol", "Udf.Worker.Transport", "Udf.Worker.Host", "Udf.Worker.Artifacts", "Udf.Worker.Isolation",
        "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.DependencyInjection.Abstractions",
    };

    private readonly Dictionary<string, string> _files = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _framework = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Version?> _versions = new(StringComparer.OrdinalIgnoreCase);

    private WorkerAssemblies()
    {
        Context = AssemblyLoadContext.GetLoadContext(typeof(WorkerAssemblies).Assembly) ?? AssemblyLoadContext.Default;
        string frameworkDirectory = Path.GetDirectoryName(typeof(object).Assembly.Location) ?? "";
        string shared = $"{Path.DirectorySeparatorChar}shared{Path.DirectorySeparatorChar}Microsoft.";
        foreach (string file in ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            string name = Path.GetFileNameWithoutExtension(file);
            _files[name] = file;
            if (Path.GetDirectoryName(file) == frameworkDirectory || file.Contains(shared, StringComparison.Ordinal))
            {
                _framework.Add(name);
            }
        }
    }

    internal static WorkerAssemblies Instance { get; } = new();

    /// <summary>The load context that the worker's assemblies are in.</summary>
    internal AssemblyLoadContext Context { get; }

    /// <summary>Whether the assembly is always the worker's.</summary>
    internal bool IsShared(string name) => _framework.Contains(name) || (Shared.Contains(name) && VersionOf(name) is not null);

    /// <summary>The version of an assembly that the worker has, or <see langword="null"/> if it has none of that name.</summary>
    internal Version? VersionOf(string name)
    {
        if (_files.TryGetValue(name, out string? file))
        {
            return _versions.GetOrAdd(name, static (_, file) => AssemblyName.GetAssemblyName(file).Version ?? new Version(0, 0), file);
        }

        foreach (Assembly assembly in Context.Assemblies)
        {
            AssemblyName loaded = assembly.GetName();
            if (string.Equals(loaded.Name, name, StringComparison.OrdinalIgnoreCase))
            {
                return loaded.Version ?? new Version(0, 0);
            }
        }

        return null;
    }
}
