namespace Udf.Worker.Host.Internal;

/// <summary>All resolvers of a worker, in the order in which they are asked.</summary>
internal sealed class FunctionResolverChain
{
    private readonly List<IUdfFunctionResolver> _resolvers = [];

    internal FunctionResolverChain(UdfFunctionMap map, UdfWorkerOptions options)
    {
        _resolvers.Add(new MappedFunctionResolver(map.Factories));
        _resolvers.AddRange(map.Resolvers);
        if (options.ServesStaticMethods)
        {
            _resolvers.Add(new StaticMethodResolver());
        }

        if (options.ServesConformanceFunctions)
        {
            _resolvers.Add(new MappedFunctionResolver(ConformanceFunctions.All(options.TimeProvider)));
        }
    }

    /// <exception cref="UdfFunctionNotFoundException">No resolver knows the format, or the payload names no function.</exception>
    internal async ValueTask<UdfFunctionLease> ResolveAsync(UdfContext context)
    {
        foreach (IUdfFunctionResolver resolver in _resolvers)
        {
            if (await resolver.ResolveAsync(context, context.CancellationToken).ConfigureAwait(false) is { } lease)
            {
                return lease;
            }
        }

        throw NotFound(context);
    }

    private UdfFunctionNotFoundException NotFound(UdfContext context)
    {
        string known = string.Join(", ", _resolvers.SelectMany(resolver => resolver.Formats).Distinct(StringComparer.Ordinal));
        return new UdfFunctionNotFoundException(
            $"Unknown function format '{context.Payload.Format}'; this worker knows: {(known.Length == 0 ? "none" : known)}.");
    }
}
