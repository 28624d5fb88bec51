namespace Udf.Worker.Core.Tests.Specification;

public class ValueListTests
{
    [Fact]
    public void Equals_SameItemsInOtherMemory_IsTrueWithTheSameHash()
    {
        ValueList<string> left = ["a", "b"];
        ValueList<string> right = [.. new List<string> { "a", "b" }];

        Assert.True(left.Equals(right));
        Assert.True(left == right);
        Assert.True(left.Equals((object)right));
        Assert.Equal(left.GetHashCode(), right.GetHashCode());
    }

    [Theory]
    [InlineData("b,a")]
    [InlineData("a")]
    [InlineData("a,b,c")]
    [InlineData("a,B")]
    public void Equals_OtherItemsOrOrder_IsFalse(string others)
    {
        ValueList<string> list = ["a", "b"];
        ValueList<string> other = [.. others.Split(',')];

        Assert.False(list.Equals(other));
        Assert.True(list != other);
        Assert.False(list.Equals("a"));
    }

    [Fact]
    public void Default_EveryMember_ActsAsTheEmptyList()
    {
        ValueList<string> list = default;

        Assert.True(list.IsEmpty);
        Assert.StrictEqual(0, list.Count);
        Assert.True(list.AsSpan().IsEmpty);
        Assert.False(list.Contains("a"));
        Assert.Empty(list.ToArray());
        Assert.Equal("[]", list.ToString());
        Assert.True(list == []);
        Assert.Equal(new ValueList<string>([]).GetHashCode(), list.GetHashCode());
        Assert.Throws<ArgumentOutOfRangeException>(() => list[0]);
    }

    [Fact]
    public void Items_InOrder_AreReadByIndexSpanAndEnumeration()
    {
        ValueList<int> list = [3, 1, 2];

        Assert.Equal(3, list.Count);
        Assert.Equal(1, list[1]);
        Assert.Equal([3, 1, 2], list.AsSpan().ToArray());
        Assert.Equal([3, 1, 2], list.ToArray());
        Assert.True(list.Contains(2));
        Assert.False(list.Contains(4));
        Assert.Equal("[3, 1, 2]", list.ToString());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void Indexer_OutOfRange_Throws(int index)
    {
        ValueList<int> list = [1, 2];

        Assert.Throws<ArgumentOutOfRangeException>(() => list[index]);
    }

    [Fact]
    public void Create_SourceIsChangedLater_ListStays()
    {
        string[] source = ["a"];
        ValueList<string> list = ValueList.Create<string>(source);
        source[0] = "b";

        Assert.Equal("a", list[0]);
    }

    [Fact]
    public void Create_NullItem_ThrowsWithItsPosition()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => ValueList.Create<string>(["a", null!]));

        Assert.Contains("item at 1 is null", exception.Message, StringComparison.Ordinal);
    }
}
