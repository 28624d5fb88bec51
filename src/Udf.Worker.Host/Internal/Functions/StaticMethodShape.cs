using System.Reflection;
using Batch = System.ReadOnlyMemory<byte>;

namespace Udf.Worker.Host.Internal;

/// <summary>The shapes that a method, static or of an object, may have to be a function: those of the delegates of <see cref="UdfFunctionMap"/>, <c>byte[]</c> as an answer, and <c>Task</c> beside <c>ValueTask</c>.</summary>
internal static class StaticMethodShape
{
    /// <exception cref="UdfFunctionNotFoundException">The method has another shape.</exception>
    internal static UdfFunction ToFunction(MethodInfo method, object? target = null)
    {
        ParameterInfo[] parameters = method.GetParameters();
        bool takesBatch = !method.ContainsGenericParameters && parameters.Length is 1 or 2 && parameters[0].ParameterType == typeof(Batch);
        bool takesContext = parameters.Length == 2 && parameters[1].ParameterType == typeof(UdfContext);
        if (!takesBatch || (parameters.Length == 2 && !takesContext))
        {
            throw Wrong(method);
        }

        Type answer = method.ReturnType;
        if (answer == typeof(Batch))
        {
            return new OneToOneFunction(Bind<Batch>(method, target, takesContext));
        }

        if (answer == typeof(byte[]))
        {
            Func<Batch, UdfContext, byte[]> function = Bind<byte[]>(method, target, takesContext);
            return new OneToOneFunction((batch, context) => function(batch, context));
        }

        if (answer == typeof(ValueTask<Batch>))
        {
            return new OneToOneAsyncFunction(Bind<ValueTask<Batch>>(method, target, takesContext));
        }

        if (answer == typeof(Task<Batch>))
        {
            Func<Batch, UdfContext, Task<Batch>> function = Bind<Task<Batch>>(method, target, takesContext);
            return new OneToOneAsyncFunction((batch, context) => new ValueTask<Batch>(function(batch, context)));
        }

        if (typeof(IEnumerable<Batch>).IsAssignableFrom(answer))
        {
            return new OneToManyFunction(Bind<IEnumerable<Batch>>(method, target, takesContext));
        }

        if (typeof(IAsyncEnumerable<Batch>).IsAssignableFrom(answer))
        {
            return new OneToManyAsyncFunction(Bind<IAsyncEnumerable<Batch>>(method, target, takesContext));
        }

        throw Wrong(method);
    }

    private static Func<Batch, UdfContext, TAnswer> Bind<TAnswer>(MethodInfo method, object? target, bool takesContext)
    {
        if (takesContext)
        {
            return Open<Func<Batch, UdfContext, TAnswer>>(method, target);
        }

        Func<Batch, TAnswer> function = Open<Func<Batch, TAnswer>>(method, target);
        return (batch, _) => function(batch);
    }

    // With a target, null would be taken for the first argument of a static method.
    private static TDelegate Open<TDelegate>(MethodInfo method, object? target)
        where TDelegate : Delegate => method.IsStatic ? method.CreateDelegate<TDelegate>() : method.CreateDelegate<TDelegate>(target);

    private static UdfFunctionNotFoundException Wrong(MethodInfo method) => new(
        $"The method '{method}' of {method.DeclaringType} cannot be a function: it must take ReadOnlyMemory<byte>, or that and UdfContext, and return ReadOnlyMemory<byte> or byte[], "
        + "a ValueTask or Task of ReadOnlyMemory<byte>, or an IEnumerable or IAsyncEnumerable of ReadOnlyMemory<byte>.");
}
