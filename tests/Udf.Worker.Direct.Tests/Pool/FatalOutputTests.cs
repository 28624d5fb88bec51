using Udf.Worker.Direct.Internal;

namespace Udf.Worker.Direct.Tests.Pool;

public sealed class FatalOutputTests
{
    [Theory]
    [InlineData("Unhandled exception. System.InvalidOperationException: no", true)]
    [InlineData("Fatal error. System.AccessViolationException", true)]
    [InlineData("Stack overflow.", true)]
    [InlineData("Fatal Python error: Segmentation fault", true)]
    [InlineData("panic: runtime error: index out of range [5] with length 3", true)]
    [InlineData("thread 'main' panicked at src/main.rs:2:5:", true)]
    [InlineData("<--- Last few GCs ---> JavaScript heap out of memory", true)]
    [InlineData("terminate called after throwing an instance of 'std::bad_alloc'", true)]
    [InlineData("12:00 java.lang.OutOfMemoryError: Java heap space", true)]
    [InlineData("", false)]
    [InlineData("Traceback (most recent call last):", false)]
    [InlineData("MemoryError", false)]
    [InlineData("INFO: an exception was handled", false)]
    [InlineData("don't panic: all is well", false)]
    public void IsSign_ALine_IsRecognised(string line, bool expected) => Assert.Equal(expected, FatalOutput.IsSign(line));

    [Fact]
    public void WatchedOutput_TheFirstSignStaysAndAllIsHandedOn()
    {
        var next = new Lines();
        var output = new WatchedOutput(next, line => line == "throw" ? throw new InvalidOperationException() : line.StartsWith('!'));

        foreach (string line in (string[])["a", "throw", "!b", "!c"])
        {
            output.Write(line, isError: false);
        }

        Assert.Equal("!b", output.FatalLine);
        Assert.Equal(["a", "throw", "!b", "!c"], next.Written);
    }

    private sealed class Lines : IProcessOutputSink
    {
        public List<string> Written { get; } = [];

        public void Write(string line, bool isError) => Written.Add(line);
    }
}
