namespace Microsoft.Extensions.DependencyInjection;

internal sealed class UdfWorkerBuilder(IServiceCollection services) : IUdfWorkerBuilder
{
    public IServiceCollection Services { get; } = services;
}
