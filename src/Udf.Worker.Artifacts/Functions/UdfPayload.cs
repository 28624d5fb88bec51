using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using Udf.Worker.Artifacts.Internal;

namespace Udf.Worker.Artifacts;

/// <summary>
/// A function of this program, made ready to run in a worker: which method it is, what it keeps (captured variables, fields) as it is now, and the assemblies that it needs. A worker with
/// <c>Udf.Worker.Isolation</c> runs it in the load context of the session that the assemblies were added to.
/// </summary>
/// <remarks>
/// <para>What the function keeps is written with System.Text.Json, as the types that its fields are declared with; what cannot be, or would not be the same when it is read, is an error that names
/// it (<see cref="UdfPayloadException.Path"/>). The worker makes objects of no other types, and runs no constructor of the function's. Each execution gets its own copy.</para>
/// <para>Not collected: native libraries, and assemblies that the function loads by name; add them to the session's <c>assemblies/</c>.</para>
/// <para>Immutable and thread safe.</para>
/// </remarks>
public sealed class UdfPayload
{
    /// <summary>The format of the payload.</summary>
    public const string Format = FunctionDescriptor.Format;

    private readonly List<string> _inMemory;

    private UdfPayload(WorkerPayload payload, AssemblyCollector assemblies)
    {
        Payload = payload;
        Assemblies = [.. assemblies.Files.Select(file => new ArtifactAddition(file.Key, file.Value))];
        _inMemory = assemblies.InMemory;
    }

    /// <summary>What an execution is initialised with. Its identity does not change while the function keeps the same.</summary>
    public WorkerPayload Payload { get; }

    /// <summary>The assemblies that the function needs and that no worker has by itself, with their symbols and satellites.</summary>
    public IReadOnlyList<ArtifactAddition> Assemblies { get; }

    /// <summary>Ships a static method, a lambda, or a method of an object.</summary>
    /// <param name="function">Takes <c>ReadOnlyMemory&lt;byte&gt;</c>, or that and the worker kit's <c>UdfContext</c>; returns one or many batches, at once or asynchronously, as functions of the kit do.</param>
    /// <exception cref="UdfPayloadException">It keeps something that cannot travel, is generic, or needs an assembly that is not there.</exception>
    [RequiresUnreferencedCode("Functions are shipped by reflection.")]
    [RequiresDynamicCode("Functions are shipped by reflection.")]
    public static UdfPayload FromDelegate(Delegate function)
    {
        ArgumentNullException.ThrowIfNull(function);
        if (function.GetInvocationList().Length != 1)
        {
            throw new UdfPayloadException("The function cannot be shipped: it is several delegates in one.");
        }

        MethodInfo method = function.Method;
        if (method.DeclaringType is not { } type || method.Module.Assembly.IsDynamic)
        {
            throw new UdfPayloadException("The function cannot be shipped: it was compiled at run time and stands in no assembly.");
        }

        if (method.IsGenericMethod || type.IsGenericType)
        {
            throw new UdfPayloadException($"The function cannot be shipped: '{method.Name}' is generic, or stands in a generic type or method. Put it into one that is not.");
        }

        if (method.IsStatic && function.Target is not null)
        {
            throw new UdfPayloadException($"The function cannot be shipped: '{method.Name}' is a static method with a bound argument. Make it a lambda.");
        }

        return Create(type, method, function.Target);
    }

    /// <summary>Ships an object of a function class (<c>UdfFunction</c> of the worker kit), with what its fields hold now.</summary>
    /// <param name="function">The object; each execution gets a copy.</param>
    /// <exception cref="ArgumentException">It is no function class.</exception>
    /// <exception cref="UdfPayloadException">It keeps something that cannot travel, is generic, or needs an assembly that is not there.</exception>
    [RequiresUnreferencedCode("Functions are shipped by reflection.")]
    [RequiresDynamicCode("Functions are shipped by reflection.")]
    public static UdfPayload FromFunction(object function)
    {
        ArgumentNullException.ThrowIfNull(function);
        Type type = function.GetType();
        if (!FunctionFields.IsFunctionClass(type))
        {
            throw new ArgumentException($"{type} is not derived from UdfFunction of Udf.Worker.Host.", nameof(function));
        }

        return type.IsGenericType
            ? throw new UdfPayloadException($"The function cannot be shipped: {type} is generic. Derive a class from it that is not.")
            : Create(type, method: null, function);
    }

    /// <summary>Adds the assemblies to a session. What it has already is no error.</summary>
    /// <param name="session">The session.</param>
    /// <param name="cancellationToken">Gives up before the next assembly.</param>
    /// <exception cref="ArtifactExistsException">The session has another version of one of them: a newer one needs a new session.</exception>
    /// <exception cref="ArtifactException">One of them cannot be added.</exception>
    /// <exception cref="UdfPayloadException">The function needs an assembly that has no file here, and the session does not have it.</exception>
    public async Task AddToAsync(ArtifactSession session, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        foreach (string name in _inMemory)
        {
            if (!session.Artifacts.Assemblies.Any(artifact => string.Equals(artifact.Path.Name, $"{name}.dll", StringComparison.OrdinalIgnoreCase)))
            {
                throw new UdfPayloadException($"The function needs {name}, which was loaded from memory and has no file. Add its bytes to the session as 'classes/{name}.dll' first.");
            }
        }

        await session.AddAllAsync(Assemblies, cancellationToken).ConfigureAwait(false);
    }

    [RequiresUnreferencedCode("Functions are shipped by reflection.")]
    [RequiresDynamicCode("Functions are shipped by reflection.")]
    private static UdfPayload Create(Type type, MethodInfo? method, object? target)
    {
        AssemblyCollector assemblies = new();
        assemblies.Add(type);
        JsonElement? state = null;
        if (target is not null)
        {
            FunctionStateWriter writer = new();
            state = writer.Write(target);
            foreach (Type used in writer.Types)
            {
                assemblies.Add(used);
            }
        }

        FunctionDescriptor descriptor = new(
            type.Assembly.FullName!, type.FullName!, method?.Name, [.. (method?.GetParameters() ?? []).Select(parameter => parameter.ParameterType.ToString())], state);
        string name = method is null ? type.Name : $"{type.Name}.{method.Name}";
        return new UdfPayload(new WorkerPayload(FunctionDescriptor.Format, descriptor.ToBytes()) { Name = name }, assemblies);
    }
}
