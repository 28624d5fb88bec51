using System.Text;
using Udf.Worker.Protocol.Messages;
using ErrorKind = Udf.Worker.Protocol.Messages.ExecutionError.KindOneofCase;

namespace Udf.Worker.Host.Tests;

/// <summary>Functions as their authors write them: delegates, classes, and what they throw.</summary>
public sealed class FunctionTests
{
    [Fact]
    public async Task Delegates_OfEveryShape_Serve()
    {
        await using WorkerUnderTest worker = new(functions: map => map
            .Map("one", batch => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(batch.Span).ToUpperInvariant()))
            .Map("one with context", (batch, context) => Encoding.UTF8.GetBytes($"{context.Payload.Name}{batch.Length}"))
            .Map("one async", async (batch, _) =>
            {
                await Task.Yield();
                return batch;
            })
            .Map("many", Halves)
            .Map("many with context", (batch, _) => Halves(batch))
            .Map("many async", HalvesAsync)
            .Map("many async with context", (batch, _) => HalvesAsync(batch)));
        (string Format, string[] Expected)[] cases =
        [
            ("one", ["ABCD"]),
            ("one with context", ["named4"]),
            ("one async", ["abcd"]),
            ("many", ["ab", "cd"]),
            ("many with context", ["ab", "cd"]),
            ("many async", ["ab", "cd"]),
            ("many async with context", ["ab", "cd"]),
        ];
        using WireConnection connection = await worker.ConnectAsync();
        foreach ((string format, string[] expected) in cases)
        {
            await connection.SendAsync(Requests.Init(format, change: init => init.Udf.Name = "named"), Requests.Data("abcd"));
            Assert.Null((await connection.ResponseAsync()).Control.Init.Error);
            await connection.ExpectDataAsync(expected);
            await connection.FinishAsync();
        }
    }

    [Fact]
    public async Task Class_FromInitToFinish_IsCalledInOrder()
    {
        RecordingFunction function = new();
        await using WorkerUnderTest worker = new(functions: map => map.Map("recording", () => function));
        using WireConnection connection = await worker.ConnectAsync();
        InitResponse answer = await connection.InitAsync("recording");
        Assert.Equal("init data", answer.Data.ToStringUtf8());
        await connection.SendAsync(Requests.Data("a"), Requests.Finish());
        await connection.ExpectDataAsync("a", "last");
        FinishResponse end = await connection.ExpectFinishAsync();
        Assert.Equal("finish data", end.Data.ToStringUtf8());
        Assert.Equal(["init", "start", "process", "finish", "dispose"], function.Calls);
    }

    [Fact]
    public async Task Context_HoldsWhatInitSays()
    {
        RecordingFunction function = new();
        await using WorkerUnderTest worker = new(functions: map => map.Map("recording", _ => function));
        using WireConnection connection = await worker.ConnectAsync();
        await connection.SendAsync(Requests.Init("recording", "content", "id 1", change: init =>
        {
            init.DataFormat = UDFWorkerDataFormat.Arrow;
            init.SessionConf["a"] = "1";
            init.EnvironmentVariables["b"] = "2";
            init.ResourceDirectories["c"] = "/3";
            init.Timezone = "Europe/Berlin";
            init.InputSchema = Google.Protobuf.ByteString.CopyFromUtf8("in");
            init.Parameters = Google.Protobuf.ByteString.CopyFromUtf8("p");
            init.Udf.EvalType = "scalar";
        }));
        await connection.ResponseAsync();
        UdfContext context = function.Context!;
        Assert.Equal("content", Encoding.UTF8.GetString(context.Payload.Content.Span));
        Assert.Equal(("id 1", WorkerDataFormat.Arrow, "Europe/Berlin", "scalar"), (context.ExecutionId, context.DataFormat, context.TimeZone, context.Payload.EvalType));
        Assert.Equal(("1", "2", "/3"), (context.Configuration["a"], context.EnvironmentVariables["b"], context.ResourceDirectories["c"]));
        Assert.Equal("in", Encoding.UTF8.GetString(context.InputSchema!.Value.Span));
        Assert.Null(context.OutputSchema);
        Assert.Equal("p", Encoding.UTF8.GetString(context.Parameters!.Value.Span));
        Assert.False(context.CancellationToken.IsCancellationRequested);
        await connection.CancelAsync();
        Assert.True(context.CancellationToken.IsCancellationRequested);
    }

    [Theory]
    [InlineData("init", "init dispose")]
    [InlineData("start", "init start cancel dispose")]
    [InlineData("process", "init start process cancel dispose")]
    [InlineData("finish", "init start process finish dispose")]
    [InlineData("cancel", "init start process cancel dispose")]
    [InlineData("dispose", "init start process finish dispose")]
    public async Task Exception_InAMember_IsReportedWhereItBelongs(string member, string calls)
    {
        RecordingFunction function = new(member);
        await using WorkerUnderTest worker = new(functions: map => map.Map("recording", () => function));
        using WireConnection connection = await worker.ConnectAsync();
        InitResponse answer = await connection.InitAsync("recording");
        ExecutionError? error = answer.Error;
        if (error is null)
        {
            await connection.SendAsync(Requests.Data("a"));
            if (member is "start" or "process")
            {
                error = await connection.ExpectErrorAsync();
            }
            else
            {
                await connection.ExpectDataAsync("a");
                if (member == "cancel")
                {
                    error = (await connection.CancelAsync()).Error;
                }
                else
                {
                    await connection.SendAsync(Requests.Finish());
                    if (member == "dispose")
                    {
                        await connection.ExpectDataAsync("last");
                    }

                    error = (await connection.ExpectFinishAsync()).Error;
                }
            }
        }

        if (member is "init" or "start" or "process")
        {
            await connection.CancelAsync();
        }

        if (member == "dispose")
        {
            Assert.Null(error);
        }
        else
        {
            Assert.Equal(($"thrown in {member}", "System.InvalidOperationException"), (error!.User.Message, error.User.ErrorClass));
            Assert.Contains("RecordingFunction", error.User.Traceback, StringComparison.Ordinal);
        }

        Assert.Equal(calls, string.Join(' ', function.Calls.Select(call => call.Split(' ')[0])));
        await connection.ExpectUsableAsync();
    }

    [Fact]
    public async Task Exception_WithoutAMessage_IsNamedByItsType()
    {
        await using WorkerUnderTest worker = new(functions: map => map.Map("empty", ReadOnlyMemory<byte> (batch) => throw new NotSupportedException("")));
        using WireConnection connection = await worker.ConnectAsync();
        await connection.StartAsync("empty");
        await connection.SendAsync(Requests.Data("a"));
        Assert.Equal("System.NotSupportedException", (await connection.ExpectErrorAsync()).User.Message);
    }

    [Fact]
    public async Task Output_AfterTheEngineHasGone_CancelsTheFunction()
    {
        TaskCompletionSource<bool> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WorkerUnderTest worker = new(Carrier.Unix, map => map.Map("endless", IEnumerable<ReadOnlyMemory<byte>> (batch, context) => Endless(context, outcome)));
        using WireConnection connection = await worker.ConnectAsync();
        await connection.StartAsync("endless");
        await connection.SendAsync(Requests.Data("a"));
        await connection.ExpectDataAsync(new string('\0', 1000));
        connection.Dispose();
        Assert.True(await outcome.Task.WaitAsync(WireConnection.SafetyLimit));
        await worker.Host.Worker.Executions.Settled.WaitAsync(WireConnection.SafetyLimit);
    }

    [Fact]
    public async Task Resolvers_AreAskedInOrder_AndReleasedAtTheEnd()
    {
        List<string> calls = [];
        await using WorkerUnderTest worker = new(functions: map => map
            .AddResolver(new NamedResolver("a", calls))
            .AddResolver(new NamedResolver("b", calls)));
        using WireConnection connection = await worker.ConnectAsync();
        await connection.StartAsync("b");
        await connection.FinishAsync();
        Assert.Equal(["a asked", "b asked", "b released"], calls);
        InitResponse unknown = await connection.InitAsync("c");
        Assert.Contains("this worker knows: a, b, dotnet.static-method", unknown.Error.Worker.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Map_Twice_IsAnError()
    {
        UdfFunctionMap map = new();
        map.Map("a", batch => batch);
        Assert.Throws<ArgumentException>(() => map.Map("a", batch => batch));
        Assert.Throws<ArgumentException>(() => map.Map("", batch => batch));
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Halves(ReadOnlyMemory<byte> batch)
    {
        yield return batch[..(batch.Length / 2)];
        yield return batch[(batch.Length / 2)..];
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> HalvesAsync(ReadOnlyMemory<byte> batch)
    {
        foreach (ReadOnlyMemory<byte> half in Halves(batch))
        {
            await Task.Yield();
            yield return half;
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Endless(UdfContext context, TaskCompletionSource<bool> outcome)
    {
        try
        {
            while (true)
            {
                yield return new byte[1000];
            }
        }
        finally
        {
            outcome.SetResult(context is not null);
        }
    }

    private sealed class NamedResolver(string name, List<string> calls) : IUdfFunctionResolver
    {
        public IReadOnlyCollection<string> Formats => [name];

        public ValueTask<UdfFunctionLease?> ResolveAsync(UdfContext context, CancellationToken cancellationToken)
        {
            calls.Add($"{name} asked");
            return new(context.Payload.Format != name
                ? null
                : new UdfFunctionLease(new RecordingFunctionWithoutOutput(), () =>
                {
                    calls.Add($"{name} released");
                    return default;
                }));
        }
    }

    private sealed class RecordingFunctionWithoutOutput : UdfFunction
    {
        public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output) => default;
    }
}
