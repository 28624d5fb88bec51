using Udf.Worker.Protocol.Messages;
using ErrorKind = Udf.Worker.Protocol.Messages.ExecutionError.KindOneofCase;

namespace Udf.Worker.Host.Tests;

public sealed class ConformanceFunctionTests : IAsyncLifetime, IDisposable
{
    private readonly WorkerUnderTest _worker = new();
    private WireConnection _connection = null!;

    public async Task InitializeAsync() => _connection = await _worker.ConnectAsync();

    public async Task DisposeAsync() => await _worker.DisposeAsync();

    public void Dispose() => _connection.Dispose();

    [Fact]
    public async Task Sink_AnswersNothing()
    {
        await _connection.StartAsync("udf.sink");
        await _connection.SendAsync(Requests.Data("a"), Requests.Data("b"));
        await _connection.FinishAsync();
    }

    [Fact]
    public async Task Generate_SendsWithoutInput()
    {
        await _connection.StartAsync("udf.generate", "3,2");
        await _connection.ExpectDataAsync("\0\0", "\0\0", "\0\0");
        await _connection.FinishAsync();
    }

    [Fact]
    public async Task Double_AnswersTwice()
    {
        await _connection.StartAsync("udf.double");
        await _connection.SendAsync(Requests.Data("a"), Requests.Data(""));
        await _connection.ExpectDataAsync("a", "a", "", "");
        await _connection.FinishAsync();
    }

    [Fact]
    public async Task Fail_InInit_IsAUserErrorWithClassAndTrace()
    {
        InitResponse answer = await _connection.InitAsync("udf.fail", "init");
        UserError error = answer.Error.User;
        Assert.Equal("requested", error.Message);
        Assert.EndsWith("RequestedException", error.ErrorClass, StringComparison.Ordinal);
        Assert.Contains("FailFunction.InitAsync", error.Traceback, StringComparison.Ordinal);
        await _connection.CancelAsync();
        await _connection.ExpectUsableAsync();
    }

    [Fact]
    public async Task Fail_OnABatch_EchoesUntilThen()
    {
        await _connection.StartAsync("udf.fail", "batch:2");
        await _connection.SendAsync(Requests.Data("a"), Requests.Data("b"), Requests.Data("c"), Requests.Finish());
        await _connection.ExpectDataAsync("a");
        Assert.Equal("requested", (await _connection.ExpectErrorAsync()).User.Message);
        await _connection.CancelAsync();
        await _connection.ExpectUsableAsync();
    }

    [Fact]
    public async Task Fail_InFinish_IsTheFinishResponsesError()
    {
        await _connection.StartAsync("udf.fail", "finish");
        Assert.Equal("requested", (await _connection.FinishAsync()).Error.User.Message);
        await _connection.ExpectUsableAsync();
    }

    [Theory]
    [InlineData("udf.fail", "never")]
    [InlineData("udf.generate", "many")]
    [InlineData("udf.sleep", "long")]
    [InlineData("udf.exit", "soon")]
    public async Task Payload_Malformed_IsAUserErrorThatSaysWhatIsExpected(string format, string payload)
    {
        InitResponse answer = await _connection.InitAsync(format, payload);
        Assert.Equal(ErrorKind.User, answer.Error.KindCase);
        Assert.Contains(format, answer.Error.User.Message, StringComparison.Ordinal);
        await _connection.CancelAsync();
    }

    [Fact]
    public async Task Functions_WithoutTheVariable_AreUnknown()
    {
        await using WorkerUnderTest plain = new(configure: options => options.ServesConformanceFunctions = false, functions: map => map.Map("upper", batch => batch));
        WireConnection connection = await plain.ConnectAsync();
        InitResponse answer = await connection.InitAsync("udf.echo");
        Assert.Equal("Unknown function format 'udf.echo'; this worker knows: upper, dotnet.static-method.", answer.Error.Worker.Message);
        await connection.CancelAsync();
    }
}
