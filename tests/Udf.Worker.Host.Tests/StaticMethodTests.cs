using System.Text;
using System.Text.Json;
using Udf.Worker.Protocol.Messages;
using ErrorKind = Udf.Worker.Protocol.Messages.ExecutionError.KindOneofCase;

namespace Udf.Worker.Host.Tests;

public sealed class StaticMethodTests
{
    [Theory]
    [InlineData(nameof(StaticFunctions.Same), "ab")]
    [InlineData(nameof(StaticFunctions.Upper), "AB")]
    [InlineData(nameof(StaticFunctions.FormatOf), "dotnet.static-method")]
    [InlineData(nameof(StaticFunctions.SameAsync), "ab")]
    [InlineData(nameof(StaticFunctions.SameAsTaskAsync), "ab")]
    [InlineData(nameof(StaticFunctions.Many), "ab")]
    [InlineData(nameof(StaticFunctions.ManyAsync), "ab")]
    public async Task Method_OfEveryShape_Serves(string method, string expected)
    {
        string assembly = typeof(StaticFunctions).Assembly.Location;
        foreach (string named in new[] { assembly, Path.GetFileName(assembly), typeof(StaticFunctions).Assembly.GetName().Name! })
        {
            await using WorkerUnderTest worker = new();
            using WireConnection connection = await worker.ConnectAsync();
            await connection.StartAsync("dotnet.static-method", Payload(named, typeof(StaticFunctions).FullName!, method));
            await connection.SendAsync(Requests.Data("ab"));
            await connection.ExpectDataAsync(expected);
            await connection.FinishAsync();
        }
    }

    [Theory]
    [InlineData("no.such.assembly", "T", "M", "cannot be loaded")]
    [InlineData("/no/such.dll", "T", "M", "cannot be loaded")]
    [InlineData(null, "No.Such.Type", "M", "has no type")]
    [InlineData(null, "Udf.Worker.Host.Tests.Requests", "M", "is not public")]
    [InlineData(null, "Udf.Worker.Host.Tests.StaticFunctions", "Missing", "no public static method")]
    [InlineData(null, "Udf.Worker.Host.Tests.StaticFunctions", "Overloaded", "several")]
    [InlineData(null, "Udf.Worker.Host.Tests.StaticFunctions", "WrongAnswer", "cannot be a function")]
    [InlineData(null, "Udf.Worker.Host.Tests.StaticFunctions", "WrongParameter", "cannot be a function")]
    [InlineData(null, "Udf.Worker.Host.Tests.StaticFunctions", "Generic", "cannot be a function")]
    [InlineData(null, "", "M", "'type' is missing")]
    public async Task Method_ThatCannotBeHad_IsAnErrorThatSaysWhy(string? assembly, string type, string method, string expected)
    {
        string message = await RefusalAsync(Payload(assembly ?? typeof(StaticFunctions).Assembly.Location, type, method));
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("[]")]
    [InlineData("{\"assembly\":1}")]
    [InlineData("{\"assembly\":\"a\",\"type\":\"b\",\"method\":\"c\",\"more\":\"d\"}")]
    [InlineData("{\"assembly\":\"a\",\"type\":\"b\",\"method\":\"c\"")]
    [InlineData("{\"assembly\":\"a\",\"type\":\"b\",\"method\":\"c\"} and more")]
    public async Task Payload_ThatIsNoReference_IsAnErrorThatShowsOne(string payload) =>
        Assert.Contains("{\"assembly\":\"Functions.dll\"", await RefusalAsync(payload), StringComparison.Ordinal);

    [Fact]
    public async Task Method_WhenSwitchedOff_IsUnknown()
    {
        await using WorkerUnderTest worker = new(configure: options => options.ServesStaticMethods = false);
        using WireConnection connection = await worker.ConnectAsync();
        InitResponse answer = await connection.InitAsync("dotnet.static-method");
        Assert.StartsWith("Unknown function format", answer.Error.Worker.Message, StringComparison.Ordinal);
    }

    private static async Task<string> RefusalAsync(string payload)
    {
        await using WorkerUnderTest worker = new();
        using WireConnection connection = await worker.ConnectAsync();
        InitResponse answer = await connection.InitAsync("dotnet.static-method", payload);
        Assert.Equal(ErrorKind.Worker, answer.Error.KindCase);
        await connection.CancelAsync();
        return answer.Error.Worker.Message;
    }

    private static string Payload(string assembly, string type, string method) =>
        Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(new { assembly, type, method }));
}
