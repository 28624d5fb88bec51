using System.Text;
using Udf.Worker.Host;

namespace Udf.Worker.TestWorker;

/// <summary>
/// <c>test.hold</c>: stays for ever in the part of the execution that its payload names, and says so on standard error when it is there: <c>init</c>, <c>results</c> (two have been sent, none was asked for),
/// <c>batch</c> (computing), <c>finish</c>, <c>cancel</c>. Nothing but the end of the process ends it. In every other part it does nothing.
/// </summary>
internal sealed class HoldFunction : UdfFunction
{
    internal const string Format = "test.hold";

    private string _place = "";

    public override ValueTask<ReadOnlyMemory<byte>?> InitAsync(UdfContext context)
    {
        _place = Encoding.UTF8.GetString(context.Payload.Content.Span);
        HoldIn("init");
        return default;
    }

    public override ValueTask StartAsync(UdfOutput output)
    {
        if (_place == "results")
        {
            output.Send(new byte[10]);
            output.Send(new byte[10]);
            HoldIn("results");
        }

        return default;
    }

    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output)
    {
        if (_place == "batch")
        {
            Say();
            while (true)
            {
            }
        }

        return default;
    }

    public override ValueTask<ReadOnlyMemory<byte>?> FinishAsync(UdfOutput output)
    {
        HoldIn("finish");
        return default;
    }

    public override ValueTask CancelAsync(string? reason)
    {
        HoldIn("cancel");
        return default;
    }

    private void HoldIn(string place)
    {
        if (_place == place)
        {
            Say();
            Thread.Sleep(Timeout.Infinite);
        }
    }

    private void Say() => Console.Error.WriteLine($"held in {_place}");
}
