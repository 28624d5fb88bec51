using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests;

public sealed class OutputTailTests
{
    [Fact]
    public void Snapshot_NothingWritten_IsNull() => Assert.Null(new OutputTail(3, 100).Snapshot());

    [Fact]
    public void Add_MoreLinesThanKept_KeepsTheLast()
    {
        var tail = new OutputTail(3, 100);
        for (int i = 1; i <= 5; i++)
        {
            tail.Add($"{i}", 1);
        }

        Assert.Equal("3\n4\n5", tail.Snapshot());
    }

    [Fact]
    public void Add_MoreBytesThanKept_KeepsWholeLinesOnly()
    {
        var tail = new OutputTail(100, 10);
        tail.Add("aaaa", 4);
        tail.Add("bbbb", 4);
        tail.Add("cccc", 4);

        Assert.Equal("bbbb\ncccc", tail.Snapshot());
    }

    [Fact]
    public void Add_EmptyLines_AreKept()
    {
        var tail = new OutputTail(5, 10);
        tail.Add("a", 1);
        tail.Add("", 0);
        tail.Add("b", 1);

        Assert.Equal("a\n\nb", tail.Snapshot());
    }
}
