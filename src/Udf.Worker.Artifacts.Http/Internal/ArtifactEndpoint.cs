using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Udf.Worker.Artifacts.Http.Internal;

/// <summary>Answers one request for an artifact.</summary>
internal static class ArtifactEndpoint
{
    internal static async Task AnswerAsync(HttpContext context, ArtifactServer server)
    {
        string name = (string)context.Request.RouteValues["name"]!;
        string path = context.Request.RouteValues["path"] as string ?? "";
        if (server.Find(name) is not { } directory)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (!directory.IsAllowed(context.Request.Headers.Authorization))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return;
        }

        // A directory is no file, and so is not there: nothing is ever listed.
        if (directory.Find(path) is not { } file)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        await SendAsync(context, file, await directory.HashAsync(file, context.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static Task SendAsync(HttpContext context, FileInfo file, ArtifactHash hash)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.Vary = HeaderNames.AcceptEncoding;
        headers.XContentTypeOptions = "nosniff";

        // A part of a file is a part of its own bytes, not of compressed ones.
        bool isCompressed = context.Request.Headers.Range.Count == 0 && HttpMethods.IsGet(context.Request.Method) && AcceptsGzip(context.Request);
        EntityTagHeaderValue tag = new($"\"{hash}{(isCompressed ? "-gzip" : "")}\"");
        if (!isCompressed)
        {
            return TypedResults.PhysicalFile(file.FullName, "application/octet-stream", entityTag: tag, enableRangeProcessing: true).ExecuteAsync(context);
        }

        headers.ETag = tag.ToString();
        if (context.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false)))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        headers.ContentEncoding = "gzip";
        context.Response.ContentType = "application/octet-stream";
        return CompressAsync(file, context);
    }

    private static async Task CompressAsync(FileInfo file, HttpContext context)
    {
        FileStream source = new(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        GZipStream target = new(context.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
        await using (source.ConfigureAwait(false))
        await using (target.ConfigureAwait(false))
        {
            await source.CopyToAsync(target, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static bool AcceptsGzip(HttpRequest request) =>
        request.GetTypedHeaders().AcceptEncoding.Any(encoding => encoding.Value == "gzip" && encoding.Quality is null or > 0);
}
