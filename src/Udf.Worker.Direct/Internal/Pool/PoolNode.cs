namespace Udf.Worker.Direct.Internal;

/// <summary>What can stand in one <see cref="PoolList{T}"/> at a time, without a node of its own to allocate.</summary>
/// <typeparam name="T">The type itself.</typeparam>
internal abstract class PoolNode<T>
    where T : PoolNode<T>
{
    internal PoolList<T>? List { get; set; }

    internal T? Previous { get; set; }

    internal T? Next { get; set; }
}
