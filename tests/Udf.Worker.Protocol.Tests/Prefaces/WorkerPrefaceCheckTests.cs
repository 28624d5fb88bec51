using System.Text;

namespace Udf.Worker.Protocol.Tests.Prefaces;

public class WorkerPrefaceCheckTests
{
    private static readonly WorkerToken Token = WorkerToken.Create(new CountingRandom(0));
    private static readonly EnginePreface Sent = EnginePreface.Create(ConnectionRole.Execute, Token, new CountingRandom(3));

    [Fact]
    public void Judge_AcceptedAnswer_IsAccepted()
    {
        WorkerPrefaceCheck check = Judge(Answer());
        Assert.Equal(WorkerPrefaceOutcome.Accepted, check.Outcome);
        Assert.Equal(77u, check.Answer.MaxFrameBytes);
        Assert.Null(check.ForeignPeer);
    }

    [Theory]
    [InlineData(PrefaceStatus.NoCommonVersion, "no common version")]
    [InlineData(PrefaceStatus.MacWrong, "UDF_WORKER_TOKEN")]
    [InlineData(PrefaceStatus.RoleNotOffered, "role Execute")]
    [InlineData(PrefaceStatus.AtCapacity, "no further connection")]
    [InlineData((PrefaceStatus)200, "status 200")]
    public void Judge_OtherStatus_IsRefusedAndSaysWhy(PrefaceStatus status, string expected)
    {
        WorkerPrefaceCheck check = Judge(Answer(status: status));
        Assert.Equal(WorkerPrefaceOutcome.Refused, check.Outcome);
        Assert.Equal(status, check.Answer.Status);
        Assert.Contains(expected, check.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PrefaceStatus.Accepted)]
    [InlineData(PrefaceStatus.MacWrong)]
    public void Judge_AnswerOfWhoHasNotTheToken_IsNotVerifiedWhateverItSays(PrefaceStatus status)
    {
        WorkerPreface answer = WorkerPreface.Create(Sent, 1, status, 0, 77, WorkerToken.Create(new CountingRandom(9)));
        Assert.Equal(WorkerPrefaceOutcome.NotVerified, Judge(answer).Outcome);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 0)]
    [InlineData(1, 1)]
    public void Judge_VersionOrFeaturesNotOffered_IsInvalid(byte version, ushort features) =>
        Assert.Equal(WorkerPrefaceOutcome.Invalid, Judge(Answer(version, features)).Outcome);

    [Fact]
    public void Judge_EveryPartOfAnAnswer_IsIncompleteAndCountsTheBytes()
    {
        byte[] bytes = new byte[WorkerPreface.SizeBytes];
        Answer().Write(bytes);
        for (int length = 0; length < bytes.Length; length++)
        {
            WorkerPrefaceCheck check = WorkerPrefaceCheck.Judge(Sent, Token, bytes.AsSpan(0, length));
            Assert.Equal(WorkerPrefaceOutcome.Incomplete, check.Outcome);
            Assert.Contains($"after {length} of the 44", check.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", ForeignProtocol.Http1, "HTTP/1")]
    [InlineData("GET / HTTP/1.1\r\n", ForeignProtocol.Http1, "HTTP/1")]
    [InlineData("PRI * HTTP/2.0\r\n", ForeignProtocol.Http2, "HTTP/2")]
    [InlineData("PRI ", ForeignProtocol.Http2, "HTTP/2")]
    [InlineData("SSH-2.0-OpenSSH_9", ForeignProtocol.Unknown, "SSH-2.0-OpenSSH_")]
    [InlineData("UDFX", ForeignProtocol.Unknown, "55444658")]
    public void Judge_Text_IsForeignAndNamed(string text, ForeignProtocol protocol, string expected) =>
        AssertForeign(Encoding.ASCII.GetBytes(text), protocol, expected);

    [Theory]
    [InlineData("000000040000000000", ForeignProtocol.Http2)] // SETTINGS, empty
    [InlineData("00000c04000000000000030000", ForeignProtocol.Http2)] // SETTINGS with two of them
    [InlineData("0000000401 00000000", ForeignProtocol.Http2)] // SETTINGS acknowledged
    [InlineData("000008070000000000", ForeignProtocol.Http2)] // GOAWAY
    [InlineData("000000040000000001", ForeignProtocol.Unknown)] // SETTINGS on a stream is no SETTINGS
    [InlineData("15030100020250", ForeignProtocol.Tls)] // alert
    [InlineData("160303007a", ForeignProtocol.Tls)] // handshake
    [InlineData("16ff", ForeignProtocol.Unknown)]
    public void Judge_Bytes_IsForeignAndNamed(string hex, ForeignProtocol protocol) =>
        AssertForeign(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), protocol, protocol switch
        {
            ForeignProtocol.Http2 => "speaks HTTP/2",
            ForeignProtocol.Tls => "speaks TLS",
            _ => "first bytes are",
        });

    [Fact]
    public void Guess_Nothing_SaysSo() => Assert.Equal("sent nothing", ForeignPeer.Guess([]).Description);

    private static void AssertForeign(byte[] received, ForeignProtocol protocol, string expected)
    {
        WorkerPrefaceCheck check = WorkerPrefaceCheck.Judge(Sent, Token, received);
        Assert.Equal(WorkerPrefaceOutcome.Foreign, check.Outcome);
        Assert.Equal(protocol, check.ForeignPeer!.Protocol);
        Assert.Contains(expected, check.Message, StringComparison.Ordinal);
    }

    private static WorkerPreface Answer(byte version = 1, ushort features = 0, PrefaceStatus status = PrefaceStatus.Accepted) =>
        WorkerPreface.Create(Sent, version, status, features, 77, Token);

    private static WorkerPrefaceCheck Judge(WorkerPreface answer)
    {
        byte[] bytes = new byte[WorkerPreface.SizeBytes];
        answer.Write(bytes);
        return WorkerPrefaceCheck.Judge(Sent, Token, bytes);
    }
}
