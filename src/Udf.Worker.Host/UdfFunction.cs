using System.Reflection;
using Udf.Worker.Host.Internal;

namespace Udf.Worker.Host;

/// <summary>
/// A function as a class: one instance serves one execution, from its init to its end. For functions that keep something between batches, give output of their own accord, or must clean up;
/// plain ones are easier as a delegate (<see cref="UdfFunctionMap"/>).
/// </summary>
/// <remarks>
/// <para>Implementations may assume that their members are called one at a time, and on one thread if the execution has a connection of its own (<see cref="UdfWorkerOptions.ServesMultiplexedConnections"/>): <see cref="InitAsync"/> once and first, then (if it succeeded)
/// <see cref="StartAsync"/> once, <see cref="ProcessAsync"/> for each batch, at last either <see cref="FinishAsync"/> or <see cref="CancelAsync"/>, and <see cref="DisposeAsync"/> in any case.
/// After a member has thrown, only <see cref="CancelAsync"/> and <see cref="DisposeAsync"/> follow (after a failed init or finish only the latter).</para>
/// <para>What a member throws is reported to the caller of the function, with its type, message and stack trace. Members that complete synchronously cost no change of threads.</para>
/// </remarks>
public abstract class UdfFunction : IAsyncDisposable
{
    /// <summary>Makes a function of a method, for one execution.</summary>
    /// <param name="method">
    /// A method that takes <c>ReadOnlyMemory&lt;byte&gt;</c>, or that and <see cref="UdfContext"/>, and returns <c>ReadOnlyMemory&lt;byte&gt;</c> or <c>byte[]</c>, a <c>ValueTask</c> or <c>Task</c> of
    /// <c>ReadOnlyMemory&lt;byte&gt;</c>, or an <c>IEnumerable</c> or <c>IAsyncEnumerable</c> of it.
    /// </param>
    /// <param name="target">The object that the method belongs to; <see langword="null"/> for a static one. Not disposed.</param>
    /// <exception cref="UdfFunctionNotFoundException">The method has another shape.</exception>
    /// <exception cref="ArgumentException">The method belongs to objects, and there is none or one of another type.</exception>
    public static UdfFunction FromMethod(MethodInfo method, object? target = null)
    {
        ArgumentNullException.ThrowIfNull(method);
        if (!method.IsStatic && (target is null || !method.DeclaringType!.IsInstanceOfType(target)))
        {
            throw new ArgumentException($"The method '{method}' needs an object of {method.DeclaringType}.", nameof(target));
        }

        return StaticMethodShape.ToFunction(method, target);
    }

    /// <summary>Prepares the function.</summary>
    /// <param name="context">The payload and the circumstances of the execution; stays valid until its end.</param>
    /// <returns>What the caller gets as the answer to its init, or <see langword="null"/> for nothing.</returns>
    public virtual ValueTask<ReadOnlyMemory<byte>?> InitAsync(UdfContext context) => default;

    /// <summary>Gives output before there is any input, as generators do. Batches that arrive meanwhile wait.</summary>
    /// <param name="output">Where output goes; valid until the end of the execution.</param>
    public virtual ValueTask StartAsync(UdfOutput output) => default;

    /// <summary>Takes one batch, and gives none, one or many.</summary>
    /// <param name="batch">The batch. Its memory is used again once the returned task has completed: copy what is needed longer.</param>
    /// <param name="output">Where output goes.</param>
    public abstract ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output);

    /// <summary>There is no more input: gives the output that is left.</summary>
    /// <param name="output">Where output goes.</param>
    /// <returns>What the caller gets with the end of the execution, or <see langword="null"/> for nothing.</returns>
    public virtual ValueTask<ReadOnlyMemory<byte>?> FinishAsync(UdfOutput output) => default;

    /// <summary>The execution does not end by itself: it was cancelled, has failed, or its caller is gone. No output can be given any more.</summary>
    /// <param name="reason">Why, or <see langword="null"/> if that was not said.</param>
    public virtual ValueTask CancelAsync(string? reason) => default;

    /// <summary>Releases what the function holds. What it throws is logged and changes nothing.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }
}
