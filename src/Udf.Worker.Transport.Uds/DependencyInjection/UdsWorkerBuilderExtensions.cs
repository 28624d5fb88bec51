using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Udf.Worker.Direct;
using Udf.Worker.Transport.Uds;
using Udf.Worker.Transport.Uds.Internal;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Unix domain sockets to the transports of a container's workers.</summary>
public static class UdsWorkerBuilderExtensions
{
    /// <summary>Serves specifications whose connection is a Unix domain socket. May be called several times: what is configured adds up.</summary>
    /// <param name="builder">What <c>AddUdfWorkers()</c> returned.</param>
    /// <param name="configure">Sets the options; <see langword="null"/> for the defaults. They are validated when the host starts, and when they are used first.</param>
    /// <returns>The builder, for the next call.</returns>
    public static IUdfWorkerBuilder UseUnixDomainSockets(this IUdfWorkerBuilder builder, Action<UdsWorkerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptionsWithValidateOnStart<UdsWorkerOptions, UdsWorkerOptionsValidator>();
        if (configure is not null)
        {
            builder.Services.Configure(configure);
        }

        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IWorkerDispatcherFactory, UdsWorkerDispatcherFactory>(static services => new UdsWorkerDispatcherFactory(
            services.GetRequiredService<IOptionsMonitor<DirectWorkerOptions>>(),
            services.GetRequiredService<IOptions<UdsWorkerOptions>>(),
            services.GetService<ILoggerFactory>(),
            services.GetRequiredService<TimeProvider>())));
        return builder;
    }
}
