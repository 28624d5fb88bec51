using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Udf.Worker.Direct;
using Udf.Worker.Direct.Internal;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds workers to a container.</summary>
public static partial class UdfWorkerServiceCollectionExtensions
{
    /// <summary>
    /// Adds the <see cref="WorkerDispatcherProvider"/> and its options, and a service that has the pools of named workers filled when the host starts, up to <see cref="WorkerPoolOptions.MinIdleWorkers"/>, and drained when it stops. A transport is added to what is returned (<c>.UseUnixDomainSockets()</c>, <c>.UseTcp()</c>).
    /// May be called several times: what is configured adds up.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options of all workers; <see langword="null"/> for the defaults. What a worker is added with comes on top. They are validated when the host starts, and when they are used first.</param>
    /// <returns>What transports and named workers are added to.</returns>
    /// <remarks>A service of type <see cref="IWorkerLauncher"/> starts the processes, unless the options name another one. The container disposes the provider, and so ends all workers, whether it is disposed asynchronously or not.</remarks>
    public static IUdfWorkerBuilder AddUdfWorkers(this IServiceCollection services, Action<DirectWorkerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptionsWithValidateOnStart<DirectWorkerOptions, DirectWorkerOptionsValidator>();
        if (configure is not null)
        {
            services.ConfigureAll(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<DirectWorkerOptions>, ServiceLauncher>());

        // Before the handlers of the generic host, so that they are heard first.
        ExitCoordinator.Instance.Listen();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(CreateProvider);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, UdfWorkerService>());
        return new UdfWorkerBuilder(services);
    }

    private static WorkerDispatcherProvider CreateProvider(IServiceProvider services)
    {
        var loggerFactory = services.GetService<ILoggerFactory>();
        NamedWorker[] workers = [.. services.GetServices<NamedWorker>()];
        if (loggerFactory is not null)
        {
            ILogger logger = loggerFactory.CreateLogger<WorkerDispatcherProvider>();
            foreach (NamedWorker worker in workers.Where(static worker => !worker.UnknownFields.IsEmpty))
            {
                Log.UnknownFields(logger, worker.Name, worker.FilePath, string.Join(", ", worker.UnknownFields));
            }
        }

        return new WorkerDispatcherProvider(
            services.GetServices<IWorkerDispatcherFactory>(),
            workers.Select(static worker => KeyValuePair.Create(worker.Name, worker.Specification)),
            loggerFactory,
            services.GetServices<NamedWorkerOptions>().Select(static options => options.Name));
    }

    private static partial class Log
    {
        [LoggerMessage(161, LogLevel.Warning, "The specification of worker '{Name}' in '{FilePath}' holds fields that this version does not know, and that have no effect: {Fields}.", EventName = "UnknownSpecificationFields")]
        public static partial void UnknownFields(ILogger logger, string name, string? filePath, string fields);
    }
}
