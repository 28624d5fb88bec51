namespace Udf.Worker.Direct.Internal;

/// <summary>
/// What calls to the book ask the shell to do, in order. Lives on the stack of the caller, who carries it out when it no longer holds the lock. None and one, the usual cases, allocate nothing.
/// </summary>
internal struct PoolEffects
{
    private PoolEffect _first;
    private List<PoolEffect>? _more;

    public int Count { get; private set; }

    public readonly PoolEffect this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return index == 0 ? _first : _more![index - 1];
        }
    }

    internal void Add(in PoolEffect effect)
    {
        if (Count++ == 0)
        {
            _first = effect;
        }
        else
        {
            (_more ??= []).Add(effect);
        }
    }
}
