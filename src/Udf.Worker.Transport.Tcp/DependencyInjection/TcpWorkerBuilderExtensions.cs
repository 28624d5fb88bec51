using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Udf.Worker.Direct;
using Udf.Worker.Transport.Tcp;
using Udf.Worker.Transport.Tcp.Internal;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds TCP on the loopback to the transports of a container's workers.</summary>
public static class TcpWorkerBuilderExtensions
{
    /// <summary>Serves specifications whose connection is TCP on the loopback. May be called several times: what is configured adds up.</summary>
    /// <param name="builder">What <c>AddUdfWorkers()</c> returned.</param>
    /// <param name="configure">Sets the options; <see langword="null"/> for the defaults. They are validated when the host starts, and when they are used first.</param>
    /// <returns>The builder, for the next call.</returns>
    public static IUdfWorkerBuilder UseTcp(this IUdfWorkerBuilder builder, Action<TcpWorkerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptionsWithValidateOnStart<TcpWorkerOptions, TcpWorkerOptionsValidator>();
        if (configure is not null)
        {
            builder.Services.Configure(configure);
        }

        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IWorkerDispatcherFactory, TcpWorkerDispatcherFactory>(static services => new TcpWorkerDispatcherFactory(
            services.GetRequiredService<IOptionsMonitor<DirectWorkerOptions>>(),
            services.GetRequiredService<IOptions<TcpWorkerOptions>>(),
            services.GetService<ILoggerFactory>(),
            services.GetRequiredService<TimeProvider>())));
        return builder;
    }
}
