using System.Collections.Concurrent;
using System.Net;

namespace Udf.Worker.Isolation.Tests;

/// <summary>What a test answers to each request for an artifact.</summary>
internal sealed class ScriptedServer : HttpMessageHandler
{
    internal ConcurrentQueue<(string Path, string? Token)> Requests { get; } = new();

    /// <summary>Given the path and the number of the request, from 1.</summary>
    internal Func<string, int, Task<HttpResponseMessage>> Answer { get; set; } = (_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.NotFound));

    internal static Task<HttpResponseMessage> Bytes(byte[] content) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(content) });

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Enqueue((request.RequestUri!.AbsolutePath, request.Headers.Authorization?.ToString()));
        return await Answer(request.RequestUri.AbsolutePath, Requests.Count).WaitAsync(cancellationToken);
    }
}
