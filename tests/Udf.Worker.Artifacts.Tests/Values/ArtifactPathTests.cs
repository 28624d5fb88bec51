namespace Udf.Worker.Artifacts.Tests;

public class ArtifactPathTests
{
    [Theory]
    [InlineData("assemblies/Pricing.dll", "assemblies/Pricing.dll", ArtifactKind.Assembly)]
    [InlineData("assemblies\\de\\Pricing.resources.dll", "assemblies/de/Pricing.resources.dll", ArtifactKind.Assembly)]
    [InlineData("classes/Line3.dll", "classes/Line3.dll", ArtifactKind.Class)]
    [InlineData("files/a b/ü.txt", "files/a b/ü.txt", ArtifactKind.File)]
    [InlineData("archives/data.tar.gz", "archives/data.tar.gz", ArtifactKind.Archive)]
    [InlineData("pyfiles/abc.zip", "pyfiles/abc.zip", ArtifactKind.PythonFile)]
    [InlineData("cache/abc", "cache/abc", ArtifactKind.Cache)]
    [InlineData("windows\\abc.txt", "windows/abc.txt", ArtifactKind.Other)]
    [InlineData("abc.txt", "abc.txt", ArtifactKind.Other)]
    [InlineData("files/...x", "files/...x", ArtifactKind.File)]
    [InlineData("files/CONSOLE.txt", "files/CONSOLE.txt", ArtifactKind.File)]
    [InlineData("files/\U0001F600", "files/\U0001F600", ArtifactKind.File)]
    public void Parse_OfAName_NormalisesSeparatorsAndKnowsTheKind(string path, string value, ArtifactKind kind)
    {
        var parsed = ArtifactPath.Parse(path);
        Assert.Equal(value, parsed.Value);
        Assert.Equal(kind, parsed.Kind);
        Assert.Equal(Path.Join("/root", value), parsed.Under("/root"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("\\\\server\\share\\x")]
    [InlineData("C:/x")]
    [InlineData("c:x")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("files/../../x")]
    [InlineData("files\\..\\x")]
    [InlineData("files/./x")]
    [InlineData("files//x")]
    [InlineData("files/")]
    [InlineData("files/x\0.txt")]
    [InlineData("files/x\n")]
    [InlineData("files/a:stream")]
    [InlineData("files/what?")]
    [InlineData("files/x.")]
    [InlineData("files/x ")]
    [InlineData("files/.. ")]
    [InlineData("files/CON")]
    [InlineData("files/nul.txt")]
    [InlineData("files/Com1.tar.gz")]
    [InlineData("files/LPT\u00B2")]
    [InlineData("files/aux .txt")]
    [InlineData("files")]
    [InlineData("Files/x")]
    [InlineData("cache/a/b")]
    [InlineData("archives/a/b.zip")]
    public void Parse_OfWhatCouldLeaveItsDirectoryOrMeanSomethingElse_IsRefused(string path)
    {
        ArtifactPathException exception = Assert.Throws<ArtifactPathException>(() => ArtifactPath.Parse(path));
        Assert.Equal(path, exception.Path);
        Assert.DoesNotContain('\0', exception.Message);
    }

    // Not as data: the runner cannot carry it.
    [Fact]
    public void Parse_OfHalfASurrogatePair_IsRefused()
    {
        Assert.Throws<ArtifactPathException>(() => ArtifactPath.Parse("files/\uD83D"));
        Assert.Throws<ArtifactPathException>(() => ArtifactPath.Parse("files/\uDE00x"));
    }

    [Fact]
    public void Parse_OfLongNames_IsRefusedFromTheFirstByteTooMuch()
    {
        Assert.Equal(255, ArtifactPath.Parse("files/" + new string('x', 255)).Name.Length);
        Assert.Throws<ArtifactPathException>(() => ArtifactPath.Parse("files/" + new string('x', 256)));
        Assert.Throws<ArtifactPathException>(() => ArtifactPath.Parse("files/" + new string('ü', 128)));
        string path = "files/" + string.Join('/', Enumerable.Repeat(new string('x', 99), 10)) + "/" + new string('x', 17);
        Assert.Equal(1023, path.Length);
        ArtifactPath.Parse(path + "x");
        Assert.Throws<ArtifactPathException>(() => ArtifactPath.Parse(path + "xx"));
    }

    /// <summary>Whatever is accepted stays under its directory, by the rules of this platform and, as far as text can tell, of the other.</summary>
    [Fact]
    public void Parse_OfRandomText_NeverLeavesTheDirectory()
    {
        Random random = new(4711);
        string[] pieces = ["..", ".", "/", "\\", "files", "cache", "x", "C:", "~", "%2e", " ", "\0", "NUL", "$HOME", "a.txt", "\u2215", "\uFF0E\uFF0E"];
        int accepted = 0;
        for (int round = 0; round < 50_000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 7)).Select(_ => pieces[random.Next(pieces.Length)]));
            try
            {
                var path = ArtifactPath.Parse(text);
                accepted++;
                Assert.StartsWith("/root/session/", Path.GetFullPath(path.Under("/root/session")));
                Assert.DoesNotContain('\\', path.Value);
                Assert.All(path.Value.Split('/'), name => Assert.False(name is "" or "." or ".."));
            }
            catch (ArtifactPathException)
            {
                // Most are.
            }
        }

        Assert.InRange(accepted, 1_000, 49_000);
    }
}
