using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.Loader;

namespace Udf.Worker.Artifacts.Internal;

/// <summary>Finds the assemblies that a function needs and that a worker does not have anyway: from the assembly it stands in, along the references, up to the framework and this library.</summary>
[RequiresUnreferencedCode("Functions are shipped by reflection.")]
[SuppressMessage("SingleFile", "IL3000", Justification = "An assembly without a file is told apart.")]
internal sealed class AssemblyCollector
{
    private static readonly string FrameworkDirectory = Path.GetDirectoryName(typeof(object).Assembly.Location) ?? "";
    private static readonly string SharedFrameworks = $"{Path.DirectorySeparatorChar}shared{Path.DirectorySeparatorChar}Microsoft.";

    private readonly HashSet<string> _seen = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The files, by the path that each gets in the session.</summary>
    internal SortedDictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>The assemblies that are needed and have no file.</summary>
    internal List<string> InMemory { get; } = [];

    /// <exception cref="UdfPayloadException">An assembly asks for one that is not there.</exception>
    internal void Add(Assembly assembly)
    {
        AssemblyName name = assembly.GetName();
        if (IsAtTheWorker(assembly, name.Name!) || !_seen.Add(name.Name!))
        {
            return;
        }

        if (assembly.IsDynamic || assembly.Location.Length == 0)
        {
            InMemory.Add(name.Name!);
        }
        else
        {
            AddFiles(assembly.Location);
        }

        AssemblyLoadContext context = AssemblyLoadContext.GetLoadContext(assembly) ?? AssemblyLoadContext.Default;
        foreach (AssemblyName reference in assembly.GetReferencedAssemblies())
        {
            if (_seen.Contains(reference.Name!))
            {
                continue;
            }

            try
            {
                Add(context.LoadFromAssemblyName(reference));
            }
            catch (Exception exception) when (exception is IOException or BadImageFormatException)
            {
                throw new UdfPayloadException($"The function cannot be shipped: {name.Name} {name.Version} asks for {reference.Name} {reference.Version}, which this process does not have: {exception.Message}", innerException: exception);
            }
        }
    }

    /// <summary>The assemblies of a type and of what it is made of.</summary>
    internal void Add(Type type)
    {
        for (Type? current = type; current is not null; current = current.BaseType)
        {
            Add(current.Assembly);
            foreach (Type argument in current.GenericTypeArguments)
            {
                Add(argument);
            }

            if (current.HasElementType)
            {
                Add(current.GetElementType()!);
            }
        }
    }

    private static bool IsAtTheWorker(Assembly assembly, string name) =>
        name.StartsWith("Udf.Worker.", StringComparison.Ordinal) && name.Split('.') is [_, _, "Core" or "Protocol" or "Transport" or "Host" or "Artifacts" or "Isolation"]
        || name is "Microsoft.Extensions.Logging.Abstractions" or "Microsoft.Extensions.DependencyInjection.Abstractions"
        || (!assembly.IsDynamic && assembly.Location.Length > 0
            && (Path.GetDirectoryName(assembly.Location) == FrameworkDirectory || assembly.Location.Contains(SharedFrameworks, StringComparison.Ordinal)));

    private void AddFiles(string location)
    {
        string directory = Path.GetDirectoryName(location)!;
        string name = Path.GetFileNameWithoutExtension(location);
        Files[$"assemblies/{Path.GetFileName(location)}"] = location;
        string symbols = Path.Join(directory, $"{name}.pdb");
        if (File.Exists(symbols))
        {
            Files[$"assemblies/{name}.pdb"] = symbols;
        }

        foreach (string satellite in Directory.EnumerateFiles(directory, $"{name}.resources.dll", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 }))
        {
            if (Path.GetDirectoryName(satellite) is { } culture && culture != directory)
            {
                Files[$"assemblies/{Path.GetFileName(culture)}/{Path.GetFileName(satellite)}"] = satellite;
            }
        }
    }
}
