using Udf.Worker.Host.Internal;

namespace Udf.Worker.Host;

/// <summary>The functions of a worker, by payload format. Filled once, when the worker is put together.</summary>
/// <remarks>
/// Not thread safe while it is filled. A delegate serves all executions of its format, several at once if the worker allows that
/// (<see cref="UdfWorkerOptions.MaximumConcurrentExecutions"/>); a class gets a new instance for each. A batch that a delegate is given is valid until the next one is:
/// what is kept longer must be copied. What it returns is sent before the next batch is taken.
/// </remarks>
public sealed class UdfFunctionMap
{
    private readonly Dictionary<string, Func<UdfContext, UdfFunction>> _factories = new(StringComparer.Ordinal);
    private readonly List<IUdfFunctionResolver> _resolvers = [];

    internal IReadOnlyDictionary<string, Func<UdfContext, UdfFunction>> Factories => _factories;

    internal IReadOnlyList<IUdfFunctionResolver> Resolvers => _resolvers;

    /// <summary>Maps a format to a function that answers each batch with one.</summary>
    /// <param name="format">The payload format that names the function; not empty, and not mapped yet.</param>
    /// <param name="function">The function.</param>
    /// <returns>This map.</returns>
    /// <exception cref="ArgumentException">The format is empty or already mapped.</exception>
    public UdfFunctionMap Map(string format, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Add(format, _ => new OneToOneFunction((batch, _) => function(batch)));
    }

    /// <inheritdoc cref="Map(string, Func{ReadOnlyMemory{byte}, ReadOnlyMemory{byte}})"/>
    public UdfFunctionMap Map(string format, Func<ReadOnlyMemory<byte>, UdfContext, ReadOnlyMemory<byte>> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Add(format, _ => new OneToOneFunction(function));
    }

    /// <summary>Maps a format to an asynchronous function that answers each batch with one.</summary>
    /// <inheritdoc cref="Map(string, Func{ReadOnlyMemory{byte}, ReadOnlyMemory{byte}})" path="/param|/returns|/exception"/>
    public UdfFunctionMap Map(string format, Func<ReadOnlyMemory<byte>, ValueTask<ReadOnlyMemory<byte>>> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Add(format, _ => new OneToOneAsyncFunction((batch, _) => function(batch)));
    }

    /// <summary>Maps a format to an asynchronous function that answers each batch with one.</summary>
    /// <inheritdoc cref="Map(string, Func{ReadOnlyMemory{byte}, ReadOnlyMemory{byte}})" path="/param|/returns|/exception"/>
    public UdfFunctionMap Map(string format, Func<ReadOnlyMemory<byte>, UdfContext, ValueTask<ReadOnlyMemory<byte>>> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Add(format, _ => new OneToOneAsyncFunction(function));
    }

    /// <summary>Maps a format to a function that answers each batch with none, one or many. Each is sent before the next is asked for.</summary>
    /// <inheritdoc cref="Map(string, Func{ReadOnlyMemory{byte}, ReadOnlyMemory{byte}})" path="/param|/returns|/exception"/>
    public UdfFunctionMap Map(string format, Func<ReadOnlyMemory<byte>, IEnumerable<ReadOnlyMemory<byte>>> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Add(format, _ => new OneToManyFunction((batch, _) => function(batch)));
    }

    /// <inheritdoc cref="Map(string, Func{ReadOnlyMemory{byte}, IEnumerable{ReadOnlyMemory{byte}}})"/>
    public UdfFunctionMap Map(string format, Func<ReadOnlyMemory<byte>, UdfContext, IEnumerable<ReadOnlyMemory<byte>>> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Add(format, _ => new OneToManyFunction(function));
    }

    /// <summary>Maps a format to an asynchronous function that answers each batch with none, one or many. Each is sent before the next is asked for.</summary>
    /// <inheritdoc cref="Map(string, Func{ReadOnlyMemory{byte}, ReadOnlyMemory{byte}})" path="/param|/returns|/exception"/>
    public UdfFunctionMap Map(string format, Func<ReadOnlyMemory<byte>, IAsyncEnumerable<ReadOnlyMemory<byte>>> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Add(format, _ => new OneToManyAsyncFunction((batch, _) => function(batch)));
    }

    /// <inheritdoc cref="Map(string, Func{ReadOnlyMemory{byte}, IAsyncEnumerable{ReadOnlyMemory{byte}}})"/>
    public UdfFunctionMap Map(string format, Func<ReadOnlyMemory<byte>, UdfContext, IAsyncEnumerable<ReadOnlyMemory<byte>>> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Add(format, _ => new OneToManyAsyncFunction(function));
    }

    /// <summary>Maps a format to a class.</summary>
    /// <param name="format">The payload format that names the function; not empty, and not mapped yet.</param>
    /// <param name="factory">Makes a new instance, for one execution. The host disposes it.</param>
    /// <returns>This map.</returns>
    /// <exception cref="ArgumentException">The format is empty or already mapped.</exception>
    public UdfFunctionMap Map(string format, Func<UdfFunction> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return Add(format, _ => factory());
    }

    /// <inheritdoc cref="Map(string, Func{UdfFunction})"/>
    public UdfFunctionMap Map(string format, Func<UdfContext, UdfFunction> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return Add(format, factory);
    }

    /// <summary>Adds another way to find functions. It is asked after the mapped formats and after the resolvers that were added before it.</summary>
    /// <param name="resolver">The resolver; not disposed by the host.</param>
    /// <returns>This map.</returns>
    public UdfFunctionMap AddResolver(IUdfFunctionResolver resolver)
    {
        ArgumentNullException.ThrowIfNull(resolver);
        _resolvers.Add(resolver);
        return this;
    }

    private UdfFunctionMap Add(string format, Func<UdfContext, UdfFunction> factory)
    {
        ArgumentException.ThrowIfNullOrEmpty(format);
        if (!_factories.TryAdd(format, factory))
        {
            throw new ArgumentException($"The format '{format}' is mapped already.", nameof(format));
        }

        return this;
    }
}
