using System.Reflection;
using System.Runtime.Loader;

namespace Udf.Worker.Isolation.Internal;

/// <summary>
/// The assemblies of one session, which no other session sees, and which go when the session goes. It holds what the session's code has asked for so far; what it can ask for is on this machine's
/// disk already, so that no load ever waits for a network.
/// </summary>
/// <remarks>Thread safe. Assemblies are loaded from bytes that were checked against their hash; no file is held open. Native libraries cannot be: they are checked, then loaded from their file.</remarks>
internal sealed class SessionLoadContext : AssemblyLoadContext
{
    private readonly string _sessionId;
    private readonly AssemblyLoadOrder _order;
    private readonly bool _cleansSubmissions;
    private readonly Lock _gate = new();

    // Guarded by _gate: the runtime asks for one name from several threads, and an assembly can be loaded once.
    private readonly Dictionary<string, Assembly> _loaded = new(StringComparer.OrdinalIgnoreCase);

    private volatile SessionFiles _files;
    private volatile SessionFiles? _failedWith;
    private volatile bool _mayRecover;

    internal SessionLoadContext(string sessionId, IsolatedSessionOptions options, SessionFiles files)
        : base($"udf session {sessionId}", isCollectible: true)
    {
        _sessionId = sessionId;
        _order = options.LoadOrder;
        _cleansSubmissions = options.CleansSubmissions;
        _files = files;

        // Once unloading has begun, the runtime holds this object until its assemblies are gone, so it must not hold them.
        Unloading += static context => ((SessionLoadContext)context).Forget();
    }

    /// <summary>What can be loaded from now on.</summary>
    internal SessionFiles Files
    {
        get => _files;
        set => _files = value;
    }

    /// <summary>
    /// Whether a load has failed that may succeed now: the file could not be read then, or there are more files now. The runtime remembers failed loads as long as a context lives, so it takes
    /// another context.
    /// </summary>
    internal bool IsOutdated => _mayRecover || (_failedWith is { } files && files != _files);

    /// <summary>The assembly that a function is in, by the same rules as any other.</summary>
    internal Assembly LoadEntry(AssemblyName name) => Load(name) ?? throw new FileNotFoundException($"The assembly '{name}' is not there.", name.Name);

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        try
        {
            return Find(assemblyName);
        }
        catch (ArtifactFetchException)
        {
            _mayRecover = true;
            throw;
        }
        catch (FileNotFoundException)
        {
            _failedWith = _files;
            throw;
        }
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        foreach (string name in NativeNames.Of(unmanagedDllName))
        {
            if (_files.Find(name) is { } library)
            {
                try
                {
                    VerifiedFile.Read(library.Artifact, library.File);
                }
                catch (ArtifactFetchException)
                {
                    _mayRecover = true;
                    throw;
                }

                return LoadUnmanagedDllFromPath(library.File);
            }
        }

        // The system's own, such as libc.
        return 0;
    }

    private Assembly? Find(AssemblyName assemblyName)
    {
        string name = assemblyName.Name!;
        WorkerAssemblies worker = WorkerAssemblies.Instance;
        if (worker.IsShared(name))
        {
            ThrowIfNewer(assemblyName, worker.VersionOf(name));
            return worker.Context.LoadFromAssemblyName(assemblyName);
        }

        bool workerHasIt = worker.VersionOf(name) is { } version && (assemblyName.Version is null || version >= assemblyName.Version);
        if (workerHasIt && _order == AssemblyLoadOrder.ParentFirst)
        {
            return worker.Context.LoadFromAssemblyName(assemblyName);
        }

        if (LoadOwn(assemblyName) is { } own)
        {
            return own;
        }

        if (workerHasIt)
        {
            return worker.Context.LoadFromAssemblyName(assemblyName);
        }

        // That there is no satellite for a culture is the usual case; the runtime goes on to the next culture.
        return string.IsNullOrEmpty(assemblyName.CultureName) ? throw Missing(assemblyName) : null;
    }

    private Assembly? LoadOwn(AssemblyName name)
    {
        string key = $"{name.CultureName}/{name.Name}";
        lock (_gate)
        {
            if (!_loaded.TryGetValue(key, out Assembly? assembly))
            {
                SessionFiles files = _files;
                if (files.FindAssembly(name.Name!, name.CultureName) is not { } found)
                {
                    return null;
                }

                byte[] content = VerifiedFile.Read(found.Artifact, found.File);
                AssemblyChecks.ThrowIfForANewerRuntime(found.Artifact.Path, content);
                byte[] loaded = _cleansSubmissions ? SubmissionCleaner.Clean(content) : content;
                byte[]? symbols = ReferenceEquals(loaded, content) && files.FindSymbols(found.Artifact.Path) is { } pdb ? VerifiedFile.Read(pdb.Artifact, pdb.File) : null;
                assembly = LoadFromStream(new MemoryStream(loaded), symbols is null ? null : new MemoryStream(symbols));
                _loaded.Add(key, assembly);
            }

            if (name.Version is { } wanted && assembly.GetName().Version is { } has && has < wanted)
            {
                throw new FileLoadException($"{AskersOf(name)} {name.Name} {wanted}, and the session {_sessionId} has {name.Name} {has}. Add the newer one to a new session.", name.Name);
            }

            return assembly;
        }
    }

    private void ThrowIfNewer(AssemblyName asked, Version? workers)
    {
        if (asked.Version is { } wanted && workers is not null && wanted > workers)
        {
            throw new FileLoadException(
                $"{AskersOf(asked)} {asked.Name} {wanted}, and this worker has {asked.Name} {workers}, which all its sessions share. Build against that version or an older one, or start a newer worker.", asked.Name);
        }
    }

    private void Forget()
    {
        lock (_gate)
        {
            _loaded.Clear();
        }
    }

    private FileNotFoundException Missing(AssemblyName name)
    {
        string[] has = [.. _files.Paths.Select(path => path.Value).Where(path => path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)];
        string list = has.Length == 0 ? "which has none" : $"which has {string.Join(", ", has.Take(20))}{(has.Length > 20 ? $" and {has.Length - 20} more" : "")}";
        Version? workers = WorkerAssemblies.Instance.VersionOf(name.Name!);
        return new FileNotFoundException(
            $"{AskersOf(name)} {name.Name} {name.Version}, which is not there. It was looked for in the worker ({AppContext.BaseDirectory}"
            + $"{(workers is null ? "" : $", which has only {workers}")}) and in the session {_sessionId} ({_files.Origin}), {list}. {Remedy(name.Name!)}",
            $"{name.Name}.dll");
    }

    // What belongs to a shared framework is never shipped: the engine takes it for something that workers have.
    private static string Remedy(string name) => name.StartsWith("Microsoft.AspNetCore.", StringComparison.OrdinalIgnoreCase)
        ? "It belongs to Microsoft.AspNetCore.App: start a worker that is built with that framework."
        : "Add it to the session's 'assemblies/'.";

    private string AskersOf(AssemblyName name)
    {
        string[] askers = [.. Assemblies.Where(assembly => assembly.GetReferencedAssemblies().Any(reference => reference.Name == name.Name && reference.Version == name.Version)).Select(assembly => assembly.GetName().Name!)];
        return askers.Length == 0 ? "The function asks for" : $"{string.Join(" and ", askers)} {(askers.Length == 1 ? "asks" : "ask")} for";
    }
}
