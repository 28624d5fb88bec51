using System.Net;

namespace Udf.Worker.Benchmarks.Compare;

/// <summary>A request body that is written while the response is read.</summary>
internal sealed class DuplexContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where the body is written.</summary>
    internal Task<Stream> Stream => _stream.Task;

    /// <summary>Ends the body.</summary>
    internal void Complete() => _completion.TrySetResult();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        // The headers go out with the first flush.
        await stream.FlushAsync();
        _stream.TrySetResult(stream);
        await _completion.Task;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}
