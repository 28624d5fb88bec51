namespace Udf.Worker.Direct.Internal;

/// <summary>
/// Completes what a session is initialised with by what the specification asks for. Pure: what it draws from is given to it. What the caller says wins over all of it.
/// </summary>
/// <param name="specification">The worker's specification.</param>
/// <param name="dynamicConfiguration">The settings that sessions may be given, by name.</param>
/// <param name="resourceDirectories">The directories that sessions may be given, by logical name.</param>
/// <param name="readEnvironment">Reads an environment variable of this process; <see langword="null"/> if there is none.</param>
internal sealed class SessionInitResolver(
    WorkerSpecification specification,
    IReadOnlyDictionary<string, string> dynamicConfiguration,
    IReadOnlyDictionary<string, string> resourceDirectories,
    Func<string, string?> readEnvironment)
{
    private const string DynamicOption = $"{nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.DynamicConfiguration)}";
    private const string DirectoryOption = $"{nameof(DirectWorkerOptions)}.{nameof(DirectWorkerOptions.ResourceDirectories)}";

    /// <summary>Completes an init.</summary>
    /// <exception cref="WorkerInitException">Something that the specification requires cannot be had, or the data format is not one of its.</exception>
    public WorkerInit Resolve(WorkerInit init)
    {
        ArgumentNullException.ThrowIfNull(init);
        WorkerInit resolved = init with { DataFormat = ResolveDataFormat(init.DataFormat) };
        return specification.Session is not { } session ? resolved : resolved with
        {
            Configuration = ResolveConfiguration(session, init.Configuration),
            EnvironmentVariables = ResolveEnvironmentVariables(session, init.EnvironmentVariables),
            ResourceDirectories = ResolveResourceDirectories(session, init.ResourceDirectories),
        };
    }

    private WorkerDataFormat ResolveDataFormat(WorkerDataFormat? asked)
    {
        ValueList<WorkerDataFormat> declared = specification.Capabilities?.DataFormats ?? [];
        if (asked is null && !declared.IsEmpty)
        {
            return declared[0];
        }

        if (asked is { } format && declared.Contains(format))
        {
            return format;
        }

        throw new WorkerInitException(
            $"The data format {asked?.ToString() ?? "of the batches"} is not one that the worker declares ({(declared.IsEmpty ? "none" : string.Join(", ", declared))}; capabilities.supportedDataFormats of the specification). Use one that it declares, or declare it if the worker takes it.");
    }

    private Dictionary<string, string> ResolveConfiguration(WorkerSessionSpecification session, IReadOnlyDictionary<string, string> fromCaller)
    {
        var resolved = new Dictionary<string, string>(session.StaticConfig, StringComparer.Ordinal);
        foreach ((string key, DynamicConfigRequirement requirement) in session.DynamicConfig)
        {
            if (dynamicConfiguration.TryGetValue(key, out string? value))
            {
                resolved[key] = value;
            }
            else if (requirement.IsRequired && !fromCaller.ContainsKey(key))
            {
                throw new WorkerInitException(
                    $"The worker requires the setting '{key}' (session.dynamicConfig of the specification), and there is none. Add it to {DynamicOption}, or to the {nameof(WorkerInit.Configuration)} of the init.");
            }
        }

        return Overlay(resolved, fromCaller);
    }

    private Dictionary<string, string> ResolveEnvironmentVariables(WorkerSessionSpecification session, IReadOnlyDictionary<string, string> fromCaller)
    {
        var resolved = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, WorkerContextReference reference) in session.EnvironmentVariableReferences)
        {
            if ((readEnvironment(reference.Source) ?? reference.DefaultValue) is { } value)
            {
                resolved[name] = value;
            }
        }

        return Overlay(resolved, fromCaller);
    }

    private Dictionary<string, string> ResolveResourceDirectories(WorkerSessionSpecification session, IReadOnlyDictionary<string, string> fromCaller)
    {
        var resolved = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string name in session.RequiredResourceDirectories)
        {
            if (resourceDirectories.TryGetValue(name, out string? path))
            {
                resolved[name] = path;
            }
            else if (!fromCaller.ContainsKey(name))
            {
                throw new WorkerInitException(
                    $"The worker requires the directory '{name}' (session.requiredResourceDirectories of the specification), and there is none. Add it to {DirectoryOption}, or to the {nameof(WorkerInit.ResourceDirectories)} of the init.");
            }
        }

        return Overlay(resolved, fromCaller);
    }

    private static Dictionary<string, string> Overlay(Dictionary<string, string> resolved, IReadOnlyDictionary<string, string> fromCaller)
    {
        foreach ((string key, string value) in fromCaller)
        {
            resolved[key] = value;
        }

        return resolved;
    }
}
