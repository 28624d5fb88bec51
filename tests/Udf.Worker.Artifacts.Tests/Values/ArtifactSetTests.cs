using Udf.Worker.Testing;

namespace Udf.Worker.Artifacts.Tests;

public class ArtifactSetTests
{
    private static readonly Uri Base = new("file:///srv/artifacts/s1/");

    [Fact]
    public void Equality_IsByContent_AndNotByOrder()
    {
        ArtifactSet one = new("s1", Base, [Make("assemblies/A.dll", "a"), Make("files/b", "b")]);
        ArtifactSet same = new("s1", new Uri(Base.ToString()), [Make("files/b", "b"), Make("assemblies/A.dll", "a")]);
        Assert.Equal(one, same);
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(one, new ArtifactSet("s2", Base, one.Artifacts));
        Assert.NotEqual(one, new ArtifactSet("s1", new Uri("file:///srv/artifacts/s2/"), one.Artifacts));
        Assert.NotEqual(one, new ArtifactSet("s1", Base, [Make("assemblies/A.dll", "other"), Make("files/b", "b")]));
        Assert.NotEqual(one, new ArtifactSet("s1", Base, [Make("files/b", "b")]));
        Assert.False(one.Equals("s1"));
        Assert.False(one.Equals(null));
    }

    [Fact]
    public void Kinds_AreTold_AndTheCacheStaysAtHome()
    {
        ArtifactSet set = new("s1", Base, [Make("assemblies/A.dll"), Make("classes/L.dll"), Make("files/f"), Make("archives/a.zip"), Make("cache/c"), Make("x")]);
        Assert.Equal(["assemblies/A.dll", "classes/L.dll"], set.Assemblies.Select(artifact => artifact.Path.Value));
        Assert.Equal("files/f", Assert.Single(set.Files).Path.Value);
        Assert.Equal("archives/a.zip", Assert.Single(set.Archives).Path.Value);
        Assert.Equal(5, set.Artifacts.Count);
    }

    [Fact]
    public void Constructor_WithARelativeBaseOrAPathTwice_Throws()
    {
        Assert.Throws<ArgumentException>(() => new ArtifactSet("s1", new Uri("x/", UriKind.Relative), []));
        Assert.Throws<ArgumentException>(() => new ArtifactSet("s1", new Uri("file:///x"), []));
        Assert.Throws<ArgumentException>(() => new ArtifactSet("s1", Base, [Make("files/f"), Make("files/f", "other")]));
    }

    [Fact]
    public void Text_ThereAndBack_IsEqual()
    {
        ArtifactSet set = new("s1", new Uri("http://127.0.0.1:81/a%20b/"), [Make("assemblies/A.dll", "a"), Make("files/ü \u2028 x", "b")], "secret");
        var back = ArtifactSet.FromText(set.ToText());
        Assert.Equal(set, back);
        Assert.Equal(set.ToText(), back.ToText());
        Assert.Equal("secret", back.AccessToken);
        Assert.DoesNotContain('\n', set.ToText());
        Assert.DoesNotContain("secret", set.ToString());
    }

    [Fact]
    public void Text_OfAnArchive_HasTheNameOfItsDirectory()
    {
        ArtifactSet set = new("s1", Base, [Make("archives/a.zip", "a") with { UnpackedName = "model" }, Make("archives/b.zip", "b")]);
        Assert.Contains(",1,\"model\"]", set.ToText());
        var back = ArtifactSet.FromText(set.ToText());
        Assert.Equal(set, back);
        Assert.Equal(["model", null], back.Archives.Select(archive => archive.UnpackedName));
        Assert.NotEqual(set, new ArtifactSet("s1", Base, [Make("archives/a.zip", "a"), Make("archives/b.zip", "b")]));
        foreach (string bad in (string[])["", "..", "a/b", "a\\\\b"])
        {
            Assert.Throws<FormatException>(() => ArtifactSet.FromText(set.ToText().Replace("model", bad)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"session":"","base":"file:///x/","artifacts":{}}""")]
    [InlineData("""{"session":"s","base":"x","artifacts":{}}""")]
    [InlineData("""{"session":"s","base":"file:///x/","artifacts":{"files/x":["00",1]}}""")]
    [InlineData("""{"session":"s","base":"file:///x/","artifacts":{"files/x":[]}}""")]
    [InlineData("""{"session":"s","base":"file:///x/","artifacts":{"../x":["0000000000000000000000000000000000000000000000000000000000000000",1]}}""")]
    [InlineData("""{"session":"s","base":"file:///x/","artifacts":{"x":["0000000000000000000000000000000000000000000000000000000000000000",1],"x":["0000000000000000000000000000000000000000000000000000000000000000",1]}}""")]
    public void FromText_OfSomethingElse_IsAFormatException(string text) => Assert.Throws<FormatException>(() => ArtifactSet.FromText(text));

    [Fact]
    public async Task Current_FlowsWithTheCode_AndIsRestoredWhateverThrows()
    {
        ArtifactSet outer = new("outer", Base, []);
        ArtifactSet inner = new("inner", Base, []);
        Assert.Null(ArtifactSet.Current);
        using (ArtifactSet.Activate(outer))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            {
                using (ArtifactSet.Activate(inner))
                {
                    await Task.Yield();
                    Assert.Same(inner, ArtifactSet.Current);
                    Assert.Same(inner, await Task.Run(() => ArtifactSet.Current));
                    throw new InvalidOperationException();
                }
            });
            Assert.Same(outer, ArtifactSet.Current);
            using (ArtifactSet.Activate(null))
            {
                Assert.Null(ArtifactSet.Current);
            }

            Assert.Same(outer, ArtifactSet.Current);
        }

        Assert.Null(ArtifactSet.Current);
    }

    [Fact]
    public async Task Current_OfTwoFlows_AreTwo()
    {
        ArtifactSet one = new("1", Base, []);
        ArtifactSet two = new("2", Base, []);
        SyncPoint first = new();
        Task task = Task.Run(async () =>
        {
            using IDisposable scope = ArtifactSet.Activate(one);
            await first.HoldAsync();
            Assert.Same(one, ArtifactSet.Current);
        });
        await first.Reached.DefaultTimeout();
        using (ArtifactSet.Activate(two))
        {
            first.Continue();
            await task.DefaultTimeout();
            Assert.Same(two, ArtifactSet.Current);
        }
    }

    [Fact]
    public void WithArtifacts_AddsTheTwoKeys_OfTheCurrentSetUnlessAnotherIsGiven()
    {
        WorkerInit init = new(new WorkerPayload("x")) { TaskContext = new Dictionary<string, string> { ["partition"] = "3" } };
        Assert.Same(init, init.WithArtifacts());
        ArtifactSet set = new("s1", Base, [Make("files/f")]);
        using (ArtifactSet.Activate(set))
        {
            WorkerInit with = init.WithArtifacts();
            Assert.Equal("s1", with.TaskContext["udf.session"]);
            Assert.Equal(set, ArtifactSet.FromText(with.TaskContext["udf.artifacts"]));
            Assert.Equal("3", with.TaskContext["partition"]);
            Assert.Equal("s2", init.WithArtifacts(new ArtifactSet("s2", Base, [])).TaskContext["udf.session"]);
        }
    }

    private static Artifact Make(string path, string content = "") =>
        new(ArtifactPath.Parse(path), ArtifactHash.Of(System.Text.Encoding.UTF8.GetBytes(content)), content.Length);
}
