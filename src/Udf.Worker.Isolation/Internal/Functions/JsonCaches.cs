using System.Reflection;
using System.Reflection.Metadata;
using System.Text.Json;

namespace Udf.Worker.Isolation.Internal;

/// <summary>
/// Makes System.Text.Json forget the types that it has met. It keeps accessors for them in a cache of the process, and evicts those only when it is used again later: until then a session's code would
/// stay loaded. What is called here is what hot reload calls, found as hot reload finds it.
/// </summary>
internal static class JsonCaches
{
    private static readonly Action<Type[]?>[] Handlers =
    [
        .. typeof(JsonSerializer).Assembly.GetCustomAttributes<MetadataUpdateHandlerAttribute>()
            .Select(attribute => attribute.HandlerType.GetMethod("ClearCache", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic, [typeof(Type[])]))
            .OfType<MethodInfo>()
            .Select(method => method.CreateDelegate<Action<Type[]?>>()),
    ];

    internal static void Clear()
    {
        foreach (Action<Type[]?> handler in Handlers)
        {
            handler(null);
        }
    }
}
