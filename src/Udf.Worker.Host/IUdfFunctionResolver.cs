namespace Udf.Worker.Host;

/// <summary>Finds functions: makes one of a payload. Resolvers are asked in the order in which they were added, the mapped names first.</summary>
/// <remarks>Implementations may be called from several executions at once.</remarks>
public interface IUdfFunctionResolver
{
    /// <summary>The payload formats that this resolver knows, for the error that an unknown one gets.</summary>
    IReadOnlyCollection<string> Formats { get; }

    /// <summary>An execution begins: finds its function.</summary>
    /// <param name="context">The payload and the circumstances of the execution.</param>
    /// <param name="cancellationToken">Falls when the execution is cancelled.</param>
    /// <returns>
    /// The function for this execution alone, which ends with <see cref="UdfFunctionLease.DisposeAsync"/> whatever happens; <see langword="null"/> if the payload's format is not one of this resolver.
    /// </returns>
    /// <exception cref="UdfFunctionNotFoundException">The format is one of this resolver, and the payload names no function.</exception>
    ValueTask<UdfFunctionLease?> ResolveAsync(UdfContext context, CancellationToken cancellationToken);
}
