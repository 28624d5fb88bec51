using System.Text;
using System.Threading.Channels;
using Udf.Worker.Testing;

namespace Udf.Worker.Isolation.Tests;

/// <summary>An execution that is asked one batch at a time, and stays open between them.</summary>
internal sealed class OpenStream : IAsyncDisposable
{
    private readonly Channel<ReadOnlyMemory<byte>> _input = Channel.CreateUnbounded<ReadOnlyMemory<byte>>();
    private readonly WorkerSession _session;
    private readonly IAsyncEnumerator<WorkerBatch> _output;

    internal OpenStream(WorkerSession session)
    {
        _session = session;
        _output = session.ProcessAsync(_input.Reader.ReadAllAsync()).GetAsyncEnumerator();
    }

    internal async Task<string> AskAsync(string batch)
    {
        _input.Writer.TryWrite(Encoding.UTF8.GetBytes(batch));
        Assert.True(await _output.MoveNextAsync().AsTask().DefaultTimeout());
        return Encoding.UTF8.GetString(_output.Current.Span);
    }

    public async ValueTask DisposeAsync()
    {
        _input.Writer.Complete();
        Assert.False(await _output.MoveNextAsync().AsTask().DefaultTimeout());
        await _output.DisposeAsync();
        await _session.DisposeAsync();
    }
}
