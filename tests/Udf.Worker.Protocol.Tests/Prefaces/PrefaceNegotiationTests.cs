namespace Udf.Worker.Protocol.Tests.Prefaces;

public class PrefaceNegotiationTests
{
    private const ConnectionRoles Offered = ConnectionRoles.Execute | ConnectionRoles.Manage;

    private static readonly WorkerToken Token = WorkerToken.Create(new CountingRandom(0));
    private static readonly WorkerToken OtherToken = WorkerToken.Create(new CountingRandom(1));
    private static readonly FrameLimit Limit = new(4321, "MaxTestBytes");

    [Theory]
    [InlineData(ConnectionRole.Execute)]
    [InlineData(ConnectionRole.Manage)]
    public void Answer_OfferedRole_IsAcceptedWithTheLimit(ConnectionRole role)
    {
        EnginePreface request = Request(role);
        WorkerPreface answer = Negotiation().Answer(request, admitted => admitted == role);
        Assert.Equal(PrefaceStatus.Accepted, answer.Status);
        Assert.Equal(1, answer.Version);
        Assert.Equal(4321u, answer.MaxFrameBytes);
        Assert.True(answer.VerifyMac(request, Token));
    }

    [Fact]
    public void Answer_HigherVersionAndFeatures_AreBroughtDownToWhatBothKnow()
    {
        EnginePreface request = EnginePreface.Create(9, ConnectionRole.Execute, 0xFFFF, new byte[32], Token);
        WorkerPreface answer = Negotiation().Answer(request, _ => true);
        Assert.Equal(PrefaceStatus.Accepted, answer.Status);
        Assert.Equal(ProtocolVersion.Highest, answer.Version);
        Assert.Equal(0, answer.Features);
    }

    [Fact]
    public void Answer_VersionZero_IsNoCommonVersionAndTellsTheHighest()
    {
        EnginePreface request = EnginePreface.Create(0, ConnectionRole.Execute, 0, new byte[32], Token);
        WorkerPreface answer = Negotiation().Answer(request, NeverAsked);
        Assert.Equal(PrefaceStatus.NoCommonVersion, answer.Status);
        Assert.Equal(ProtocolVersion.Highest, answer.Version);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(255)]
    public void Answer_UnknownRoleOrOneNotOffered_IsRefused(byte role) =>
        Assert.Equal(PrefaceStatus.RoleNotOffered, Negotiation().Answer(Request((ConnectionRole)role), NeverAsked).Status);

    [Fact]
    public void Answer_NoRoom_IsAtCapacity() =>
        Assert.Equal(PrefaceStatus.AtCapacity, Negotiation().Answer(Request(ConnectionRole.Manage), _ => false).Status);

    [Fact]
    public void Answer_OtherToken_IsMacWrongWhateverElseIsWrong()
    {
        EnginePreface request = EnginePreface.Create(0, (ConnectionRole)99, 0, new byte[32], OtherToken);
        Assert.Equal(PrefaceStatus.MacWrong, Negotiation().Answer(request, NeverAsked).Status);
    }

    [Fact]
    public void Answer_WorkerWithoutToken_AcceptsZerosOnly()
    {
        PrefaceNegotiation negotiation = new(null, Offered, Limit);
        EnginePreface zeros = EnginePreface.Create(ConnectionRole.Execute, null, new CountingRandom(5));
        WorkerPreface answer = negotiation.Answer(zeros, _ => true);
        Assert.Equal(PrefaceStatus.Accepted, answer.Status);
        Assert.True(answer.VerifyMac(zeros, null));
        Assert.Equal(PrefaceStatus.MacWrong, negotiation.Answer(Request(ConnectionRole.Execute), NeverAsked).Status);
    }

    [Fact]
    public void Answer_WorkerWithToken_RefusesZeros() =>
        Assert.Equal(
            PrefaceStatus.MacWrong,
            Negotiation().Answer(EnginePreface.Create(ConnectionRole.Execute, null, new CountingRandom(5)), NeverAsked).Status);

    private static PrefaceNegotiation Negotiation() => new(Token, Offered, Limit);

    private static EnginePreface Request(ConnectionRole role) => EnginePreface.Create(role, Token, new CountingRandom(7));

    private static bool NeverAsked(ConnectionRole role) => throw new InvalidOperationException($"Asked for {role}.");
}
