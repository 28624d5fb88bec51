using Udf.Worker;
using Udf.Worker.Direct;
using Udf.Worker.Direct.Internal;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Names workers, so that <see cref="WorkerDispatcherProvider.GetDispatcher(string)"/> finds them.</summary>
public static class UdfWorkerBuilderExtensions
{
    /// <summary>Names a worker.</summary>
    /// <param name="builder">What <c>AddUdfWorkers()</c> returned.</param>
    /// <param name="name">The name; compared ordinally. The same name may be given again to an equal specification.</param>
    /// <param name="specification">What the worker is.</param>
    /// <param name="configure">Sets options of this worker alone, after those of <c>AddUdfWorkers()</c>; it has a dispatcher of its own then. <see langword="null"/> for those of all.</param>
    /// <returns>The builder, for the next call.</returns>
    /// <exception cref="WorkerSpecificationException">The specification is not valid; all problems are listed.</exception>
    /// <exception cref="ArgumentException">The name is empty, or belongs to another specification.</exception>
    public static IUdfWorkerBuilder AddWorker(this IUdfWorkerBuilder builder, string name, WorkerSpecification specification, Action<DirectWorkerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(specification);
        return Add(builder, new NamedWorker(name, specification), configure);
    }

    /// <summary>Names a worker whose specification stands in a JSON file. It is read now; fields that this version does not know are logged as a warning when the provider is made.</summary>
    /// <param name="builder">What <c>AddUdfWorkers()</c> returned.</param>
    /// <param name="name">The name; compared ordinally.</param>
    /// <param name="path">The file: protobuf's JSON of a <c>UDFWorkerSpecification</c>, see <see cref="WorkerSpecificationJson"/>.</param>
    /// <param name="configure">Sets options of this worker alone, after those of <c>AddUdfWorkers()</c>; it has a dispatcher of its own then. <see langword="null"/> for those of all.</param>
    /// <returns>The builder, for the next call.</returns>
    /// <exception cref="WorkerSpecificationFormatException">The file is not the JSON of a specification; the message says where.</exception>
    /// <exception cref="WorkerSpecificationException">The specification is not valid; all problems are listed.</exception>
    /// <exception cref="ArgumentException">The name is empty, or belongs to another specification.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static IUdfWorkerBuilder AddWorkerFromJson(this IUdfWorkerBuilder builder, string name, string path, Action<DirectWorkerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        WorkerSpecificationJsonResult result = WorkerSpecificationJson.Load(path);
        return Add(builder, new NamedWorker(name, result.Specification, result.FilePath, result.UnknownFields), configure);
    }

    private static IUdfWorkerBuilder Add(IUdfWorkerBuilder builder, NamedWorker worker, Action<DirectWorkerOptions>? configure)
    {
        worker.Specification.ThrowIfInvalid();
        NamedWorker? known = builder.Services
            .Select(static service => service.IsKeyedService ? null : service.ImplementationInstance as NamedWorker)
            .FirstOrDefault(known => known?.Name == worker.Name);
        if (known is null)
        {
            builder.Services.AddSingleton(worker);
        }
        else if (known.Specification != worker.Specification)
        {
            throw new ArgumentException($"A worker named '{worker.Name}' was added with another specification. Choose another name for one of them.");
        }

        if (configure is not null)
        {
            builder.Services.AddOptionsWithValidateOnStart<DirectWorkerOptions, DirectWorkerOptionsValidator>(worker.Name).Configure(configure);
            builder.Services.AddSingleton(new NamedWorkerOptions(worker.Name));
        }

        return builder;
    }
}
