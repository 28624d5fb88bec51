namespace Microsoft.Extensions.DependencyInjection;

/// <summary>A named worker that has options of its own.</summary>
/// <param name="Name">The name, of the worker and of the options.</param>
internal sealed record NamedWorkerOptions(string Name);
