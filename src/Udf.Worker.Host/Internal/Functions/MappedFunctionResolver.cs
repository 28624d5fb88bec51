namespace Udf.Worker.Host.Internal;

/// <summary>Functions that are found by the name of their format alone.</summary>
internal sealed class MappedFunctionResolver(IReadOnlyDictionary<string, Func<UdfContext, UdfFunction>> factories) : IUdfFunctionResolver
{
    public IReadOnlyCollection<string> Formats => [.. factories.Keys];

    public ValueTask<UdfFunctionLease?> ResolveAsync(UdfContext context, CancellationToken cancellationToken) =>
        new(factories.TryGetValue(context.Payload.Format, out Func<UdfContext, UdfFunction>? factory) ? new UdfFunctionLease(factory(context)) : null);
}
