namespace Udf.Worker.Core.Tests.Sessions;

public class WorkerPayloadTests
{
    [Fact]
    public void Identity_SameFormatAndContent_IsEqual()
    {
        var first = new WorkerPayload("udf.echo", new byte[] { 1, 2 }) { Name = "first" };
        var second = new WorkerPayload("udf.echo", new byte[] { 1, 2 }) { Name = "second" };

        Assert.Equal(first.Identity, second.Identity);
        Assert.Same(first.Identity, first.Identity);
    }

    [Fact]
    public void Identity_OtherFormatOrContent_Differs()
    {
        PayloadIdentity identity = new WorkerPayload("udf.echo", new byte[] { 1, 2 }).Identity;

        Assert.NotEqual(identity, new WorkerPayload("udf.sink", new byte[] { 1, 2 }).Identity);
        Assert.NotEqual(identity, new WorkerPayload("udf.echo", new byte[] { 1, 3 }).Identity);
        Assert.NotEqual(identity, new WorkerPayload("udf.echo").Identity);
    }

    [Fact]
    public void Identity_Empty_IsTheHashOfNothing() =>
        Assert.Equal("udf.echo:0:e3b0c44298fc1c149afbf4c8996fb924", new WorkerPayload("udf.echo").Identity.ToString());

    [Fact]
    public void Constructor_NoFormat_Throws()
    {
        Assert.Throws<ArgumentNullException>(() => new WorkerPayload(null!));
        Assert.Throws<ArgumentException>(() => new WorkerPayload(""));
    }

    [Fact]
    public void ToString_HasNoContent()
    {
        Assert.Equal("udf.echo (2 bytes)", new WorkerPayload("udf.echo", new byte[] { 1, 2 }).ToString());
        Assert.Equal("udf.echo 'copy' (0 bytes)", new WorkerPayload("udf.echo") { Name = "copy" }.ToString());
    }
}
