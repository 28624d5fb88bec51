namespace Udf.Worker.Host.Tests;

/// <summary>A function that echoes, notes what is called, and throws where it is told to.</summary>
internal sealed class RecordingFunction(string? throwsIn = null) : UdfFunction
{
    private readonly List<string> _calls = [];

    internal UdfContext? Context { get; private set; }

    internal IReadOnlyList<string> Calls
    {
        get
        {
            lock (_calls)
            {
                return [.. _calls];
            }
        }
    }

    public override ValueTask<ReadOnlyMemory<byte>?> InitAsync(UdfContext context)
    {
        Context = context;
        Note("init");
        return new("init data"u8.ToArray());
    }

    public override ValueTask StartAsync(UdfOutput output)
    {
        Note("start");
        return default;
    }

    public override ValueTask ProcessAsync(ReadOnlyMemory<byte> batch, UdfOutput output)
    {
        Note("process");
        return output.SendAsync(batch);
    }

    public override ValueTask<ReadOnlyMemory<byte>?> FinishAsync(UdfOutput output)
    {
        Note("finish");
        output.Send("last"u8.ToArray());
        return new("finish data"u8.ToArray());
    }

    public override ValueTask CancelAsync(string? reason)
    {
        Note("cancel", $" {reason}");
        return default;
    }

    public override ValueTask DisposeAsync()
    {
        Note("dispose");
        return base.DisposeAsync();
    }

    private void Note(string call, string detail = "")
    {
        lock (_calls)
        {
            _calls.Add(call + detail);
        }

        if (call == throwsIn)
        {
            throw new InvalidOperationException($"thrown in {call}");
        }
    }
}
