namespace Udf.Worker.Core.Tests.Specification;

public class ValueMapTests
{
    [Fact]
    public void Equals_SameEntriesInOtherOrder_IsTrueWithTheSameHash()
    {
        ValueMap<string, int> left = [new("a", 1), new("b", 2), new("c", 3)];
        ValueMap<string, int> right = [.. new Dictionary<string, int> { ["c"] = 3, ["a"] = 1, ["b"] = 2 }];

        Assert.True(left.Equals(right));
        Assert.True(left == right);
        Assert.True(left.Equals((object)right));
        Assert.Equal(left.GetHashCode(), right.GetHashCode());
    }

    [Fact]
    public void Equals_OtherValueKeyOrCount_IsFalse()
    {
        ValueMap<string, int> map = [new("a", 1), new("b", 2)];

        Assert.False(map.Equals([new("a", 1), new("b", 3)]));
        Assert.False(map.Equals([new("a", 1), new("B", 2)]));
        Assert.False(map.Equals([new("a", 2), new("b", 1)]));
        Assert.True(map != [new("a", 1)]);
        Assert.True(map != []);
        Assert.False(map.Equals("a"));
    }

    [Fact]
    public void Default_EveryMember_ActsAsTheEmptyMap()
    {
        ValueMap<string, string> map = default;

        Assert.True(map.IsEmpty);
        Assert.StrictEqual(0, map.Count);
        Assert.Empty(map.Keys);
        Assert.Empty(map.Values);
        Assert.Empty(map.ToArray());
        Assert.False(map.ContainsKey("a"));
        Assert.False(map.TryGetValue("a", out _));
        Assert.True(map == []);
        Assert.Equal(new ValueMap<string, string>([]).GetHashCode(), map.GetHashCode());
        Assert.Throws<KeyNotFoundException>(() => map["a"]);
        Assert.Equal("{}", map.ToString());
    }

    [Fact]
    public void With_NewAndKnownKey_LeavesTheOriginal()
    {
        ValueMap<string, string> map = [new("a", "1")];

        Assert.True(map.With("b", "2") == [new("a", "1"), new("b", "2")]);
        Assert.True(map.With("a", "2") == [new("a", "2")]);
        Assert.True(map == [new("a", "1")]);
        Assert.True(default(ValueMap<string, string>).With("a", "1") == map);
    }

    [Fact]
    public void With_Null_Throws()
    {
        ValueMap<string, string> map = [];

        Assert.Throws<ArgumentNullException>(() => map.With(null!, "1"));
        Assert.Throws<ArgumentNullException>(() => map.With("a", null!));
    }

    [Fact]
    public void Create_KeyTwice_ThrowsWithTheKey()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => ValueMap.Create<string, string>([new("a", "1"), new("a", "1")]));

        Assert.Contains("'a' is there twice", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_Null_Throws()
    {
        Assert.Throws<ArgumentException>(() => ValueMap.Create<string, string>([new("a", null!)]));
        Assert.Throws<ArgumentException>(() => ValueMap.Create<string, string>([new(null!, "1")]));
    }

    [Fact]
    public void ToString_Values_AreNotShown()
    {
        ValueMap<string, string> map = [new("PASSWORD", "sesame")];

        Assert.Equal("{PASSWORD}", map.ToString());
    }
}
