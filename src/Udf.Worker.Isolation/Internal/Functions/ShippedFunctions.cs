using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using Udf.Worker.Artifacts.Internal;
using Udf.Worker.Host;

namespace Udf.Worker.Isolation.Internal;

/// <summary>The functions of one session that were found so far, by their payload; at most so many, then it begins anew.</summary>
/// <remarks>Thread safe.</remarks>
internal sealed class ShippedFunctions(Func<AssemblyName, Assembly> load)
{
    private const int MaximumCount = 256;

    private readonly ConcurrentDictionary<ReadOnlyMemory<byte>, ShippedFunction> _functions = new(ContentComparer.Instance);
    private readonly JsonSerializerOptions _options = FunctionFields.CreateOptions();

    /// <exception cref="UdfFunctionNotFoundException">There is no such function.</exception>
    internal UdfFunction Create(ReadOnlyMemory<byte> payload)
    {
        if (!_functions.TryGetValue(payload, out ShippedFunction? function))
        {
            function = Find(payload);
            if (_functions.Count >= MaximumCount)
            {
                _functions.Clear();
            }

            // The payload's memory is the host's; the key outlives the execution.
            _functions[payload.ToArray()] = function;
        }

        return function.Create();
    }

    internal void Clear() => _functions.Clear();

    private ShippedFunction Find(ReadOnlyMemory<byte> payload)
    {
        try
        {
            return ShippedFunction.Find(FunctionDescriptor.FromBytes(payload), load, _options);
        }
        catch (FormatException exception)
        {
            throw new UdfFunctionNotFoundException(exception.Message, exception);
        }
    }
}
