namespace Microsoft.Extensions.DependencyInjection;

/// <summary>What <c>AddUdfWorkers()</c> returns: transports and named workers are added to it.</summary>
public interface IUdfWorkerBuilder
{
    /// <summary>The services that are being described.</summary>
    IServiceCollection Services { get; }
}
