using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Udf.Worker.Host.Internal;

/// <summary><c>dotnet.static-method</c>: a payload that names a public static method.</summary>
internal sealed class StaticMethodResolver : IUdfFunctionResolver
{
    internal const string Format = "dotnet.static-method";

    public IReadOnlyCollection<string> Formats => [Format];

    public ValueTask<UdfFunctionLease?> ResolveAsync(UdfContext context, CancellationToken cancellationToken)
    {
        if (context.Payload.Format != Format)
        {
            return default;
        }

        if (!RuntimeFeature.IsDynamicCodeSupported)
        {
            throw new UdfFunctionNotFoundException($"The format {Format} needs a worker that can load assemblies; this one is compiled ahead of time.");
        }

        var reference = StaticMethodReference.Parse(context.Payload.Content.Span);
        return new(new UdfFunctionLease(StaticMethodShape.ToFunction(Find(reference))));
    }

    // An assembly that comes from outside is whole, whatever was trimmed from the worker; of the worker's own, what was trimmed is reported as missing.
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "A missing member is an error that names it.")]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "A missing member is an error that names it.")]
    private static MethodInfo Find(StaticMethodReference reference)
    {
        Assembly assembly;
        try
        {
            assembly = reference.Assembly.Contains(Path.DirectorySeparatorChar) || reference.Assembly.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)
                ? Assembly.LoadFrom(Path.GetFullPath(reference.Assembly, AppContext.BaseDirectory))
                : Assembly.Load(reference.Assembly);
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException or ArgumentException)
        {
            throw new UdfFunctionNotFoundException(
                $"The assembly '{reference.Assembly}' cannot be loaded: {exception.Message} Relative paths start at {AppContext.BaseDirectory}.", exception);
        }

        Type type = assembly.GetType(reference.Type)
            ?? throw new UdfFunctionNotFoundException($"The assembly '{reference.Assembly}' has no type '{reference.Type}'. The full name with its namespace is needed.");
        if (!type.IsVisible)
        {
            throw new UdfFunctionNotFoundException($"The type '{reference.Type}' of '{reference.Assembly}' is not public.");
        }

        try
        {
            return type.GetMethod(reference.Method, BindingFlags.Public | BindingFlags.Static)
                ?? throw new UdfFunctionNotFoundException($"The type '{reference.Type}' of '{reference.Assembly}' has no public static method '{reference.Method}'.");
        }
        catch (AmbiguousMatchException exception)
        {
            throw new UdfFunctionNotFoundException(
                $"The type '{reference.Type}' of '{reference.Assembly}' has several public static methods '{reference.Method}'; one must be named without doubt.", exception);
        }
    }
}
