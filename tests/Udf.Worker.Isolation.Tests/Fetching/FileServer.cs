using System.Net;
using Udf.Worker.Artifacts;

namespace Udf.Worker.Isolation.Tests;

/// <summary>An engine on another machine: artifacts by path, and the set that announces them.</summary>
internal sealed class FileServer : IDisposable
{
    private readonly Dictionary<string, (byte[] Content, string? UnpackedName)> _files = [];

    internal FileServer() => Requests.Answer = (path, _) => _files.TryGetValue(Uri.UnescapeDataString(path["/base/".Length..]), out (byte[] Content, string?) file)
        ? ScriptedServer.Bytes(file.Content)
        : Task.FromResult(new HttpResponseMessage(HttpStatusCode.NotFound));

    internal ScriptedServer Requests { get; } = new();

    internal FileServer With(string path, byte[] content, string? unpackedName = null)
    {
        _files[path] = (content, unpackedName);
        return this;
    }

    internal ArtifactSet Set(string session, Func<string, bool>? only = null) => new(
        session, new Uri("http://engine/base/"),
        _files.Where(file => only is null || only(file.Key)).Select(file =>
            new Artifact(ArtifactPath.Parse(file.Key), ArtifactHash.Of(file.Value.Content), file.Value.Content.Length) { UnpackedName = file.Value.UnpackedName }));

    public void Dispose() => Requests.Dispose();
}
