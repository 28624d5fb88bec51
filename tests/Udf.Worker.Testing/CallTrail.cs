namespace Udf.Worker.Testing;

/// <summary>What was called, in order, by several fakes together. Thread safe.</summary>
public sealed class CallTrail
{
    private readonly Lock _gate = new();
    // Guarded by _gate.
    private readonly List<string> _calls = [];

    /// <summary>A copy of the calls so far.</summary>
    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (_gate)
            {
                return [.. _calls];
            }
        }
    }

    public void Add(string call)
    {
        lock (_gate)
        {
            _calls.Add(call);
        }
    }

    public int Count(string call) => Calls.Count(made => made == call);

    public int IndexOf(string call) => Calls.ToList().IndexOf(call);
}
