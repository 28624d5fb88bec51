namespace Udf.Worker.Core.Tests.Workers;

public class WorkerEndpointTests
{
    [Fact]
    public void Secret_IsACopyAndNeverPrinted()
    {
        byte[] secret = [0xAB, 0xCD];
        var endpoint = new WorkerEndpoint("/tmp/w.sock", "w1", secret) { ProcessId = 42 };
        secret[0] = 0;

        Assert.Equal([0xAB, 0xCD], endpoint.Secret.ToArray());
        Assert.Equal("/tmp/w.sock (worker 'w1', pid 42)", endpoint.ToString());
    }

    [Theory]
    [InlineData("", "w1")]
    [InlineData("/tmp/w.sock", "")]
    public void Constructor_EmptyAddressOrId_Throws(string address, string workerId) =>
        Assert.Throws<ArgumentException>(() => new WorkerEndpoint(address, workerId));

    [Fact]
    public void Defaults_NoSecretNoPidNoDeadline()
    {
        var endpoint = new WorkerEndpoint("4711", "w1");

        Assert.True(endpoint.Secret.IsEmpty);
        Assert.Null(endpoint.ProcessId);
        Assert.Equal(DateTimeOffset.MaxValue, endpoint.Deadline);
        Assert.Equal("4711 (worker 'w1')", endpoint.ToString());
    }
}
