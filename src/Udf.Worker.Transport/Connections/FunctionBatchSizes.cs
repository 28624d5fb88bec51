namespace Udf.Worker.Transport.Internal;

/// <summary>
/// What is remembered of how large the batches of functions were in their last executions, so that the next ones get the connection that suits them. A function counts as one of small batches after
/// <see cref="FewBefore"/> executions in a row that had an average below <see cref="SmallBytes"/>, and until one has an average of <see cref="LargeBytes"/> or more: what lies between changes nothing.
/// </summary>
/// <remarks>Thread safe. Holds <see cref="MostFunctions"/> functions, those that ran last.</remarks>
internal sealed class FunctionBatchSizes
{
    /// <summary>How many functions are remembered.</summary>
    internal const int MostFunctions = 1024;

    /// <summary>A function whose payload is longer, in bytes, is not remembered: to tell it from others costs more than is gained.</summary>
    internal const int LongestPayloadBytes = 1024 * 1024;

    /// <summary>Batches of this size and more belong on a connection of their own.</summary>
    internal const int LargeBytes = 64 * 1024;

    /// <summary>Batches below this size gain by sharing.</summary>
    internal const int SmallBytes = 32 * 1024;

    /// <summary>So many executions with small batches make a function one of small batches.</summary>
    internal const int FewBefore = 2;

    private readonly Lock _gate = new();

    // Guarded by _gate. The one that ran last stands first.
    private readonly Dictionary<PayloadIdentity, LinkedListNode<Entry>> _functions = [];
    private readonly LinkedList<Entry> _order = new();
    private int _smallCount;

    /// <summary>Whether there is any function of small batches.</summary>
    internal bool HasSmall => Volatile.Read(ref _smallCount) > 0;

    /// <summary>How many functions are remembered.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _functions.Count;
            }
        }
    }

    /// <summary>Whether a function is one of small batches.</summary>
    internal bool IsSmall(WorkerPayload payload)
    {
        if (!HasSmall || payload.Content.Length > LongestPayloadBytes)
        {
            return false;
        }

        lock (_gate)
        {
            return _functions.TryGetValue(payload.Identity, out LinkedListNode<Entry>? node) && node.Value.IsSmall;
        }
    }

    /// <summary>An execution has ended.</summary>
    /// <param name="payload">Its function.</param>
    /// <param name="averageBytes">The average of its batches, of the direction in which they were larger. One that had no batch tells nothing, and is not to be noted.</param>
    internal void Note(WorkerPayload payload, long averageBytes)
    {
        if (payload.Content.Length > LongestPayloadBytes)
        {
            return;
        }

        PayloadIdentity identity = payload.Identity;
        lock (_gate)
        {
            Entry entry = TakeOutUnsynchronized(identity);
            entry = averageBytes switch
            {
                >= LargeBytes => entry with { SmallRun = 0, IsSmall = false },
                < SmallBytes => entry with { SmallRun = Math.Min(entry.SmallRun + 1, FewBefore), IsSmall = entry.IsSmall || entry.SmallRun + 1 >= FewBefore },
                _ => entry with { SmallRun = 0 },
            };
            _smallCount += entry.IsSmall ? 1 : 0;
            _functions.Add(identity, _order.AddFirst(entry));
            if (_functions.Count > MostFunctions)
            {
                TakeOutUnsynchronized(_order.Last!.Value.Function);
            }
        }
    }

    private Entry TakeOutUnsynchronized(PayloadIdentity identity)
    {
        if (!_functions.Remove(identity, out LinkedListNode<Entry>? node))
        {
            return new Entry(identity);
        }

        _order.Remove(node);
        _smallCount -= node.Value.IsSmall ? 1 : 0;
        return node.Value;
    }

    private readonly record struct Entry(PayloadIdentity Function, int SmallRun = 0, bool IsSmall = false);
}
