namespace Udf.Worker.Direct.Internal;

/// <summary>A doubly linked list whose nodes are the items: nothing is allocated, and an item leaves in constant time from anywhere. Not thread safe.</summary>
/// <typeparam name="T">The items.</typeparam>
internal sealed class PoolList<T>
    where T : PoolNode<T>
{
    public T? First { get; private set; }

    public T? Last { get; private set; }

    public int Count { get; private set; }

    public void AddFirst(T item)
    {
        Enter(item);
        item.Next = First;
        if (First is { } first)
        {
            first.Previous = item;
        }
        else
        {
            Last = item;
        }

        First = item;
    }

    public void AddLast(T item)
    {
        Enter(item);
        item.Previous = Last;
        if (Last is { } last)
        {
            last.Next = item;
        }
        else
        {
            First = item;
        }

        Last = item;
    }

    public void Remove(T item)
    {
        if (item.List != this)
        {
            throw new InvalidOperationException("The item is not in this list.");
        }

        if (item.Previous is { } previous)
        {
            previous.Next = item.Next;
        }
        else
        {
            First = item.Next;
        }

        if (item.Next is { } next)
        {
            next.Previous = item.Previous;
        }
        else
        {
            Last = item.Previous;
        }

        item.List = null;
        item.Previous = item.Next = null;
        Count--;
    }

    private void Enter(T item)
    {
        if (item.List is not null)
        {
            throw new InvalidOperationException("The item is in a list already.");
        }

        item.List = this;
        Count++;
    }
}
