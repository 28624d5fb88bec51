using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests.Pool;

/// <summary>A caller in the tests of the book, who remembers the answer.</summary>
internal sealed class TestWaiter(string name) : PoolWaiter
{
    public PoolSlot? Slot { get; set; }

    public PoolRefusal? Refusal { get; set; }

    public bool IsWaiting => Slot is null && Refusal is null;

    public override string ToString() => name;
}
