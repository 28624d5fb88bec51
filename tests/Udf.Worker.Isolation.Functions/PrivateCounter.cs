namespace Udf.Worker.Isolation.Functions;

/// <summary>What it is, is not written as JSON.</summary>
public sealed class PrivateCounter
{
    private int _count;

    public int Increment() => ++_count;
}
