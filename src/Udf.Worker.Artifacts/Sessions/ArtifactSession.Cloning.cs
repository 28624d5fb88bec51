using Udf.Worker.Artifacts.Internal;

namespace Udf.Worker.Artifacts;

/// <content>How a session gets what another one has.</content>
public sealed partial class ArtifactSession
{
    /// <summary>Gives this session, which is new, all that another one has: files are copied, what is in memory is shared.</summary>
    internal async Task CopyFromAsync(ArtifactSession source, CancellationToken cancellationToken)
    {
        foreach ((Artifact artifact, CachedBlock block) in source._index.RetainBlocks())
        {
            _index.PutBlock(artifact, block);
        }

        foreach (Artifact artifact in source._index.Snapshot())
        {
            if (artifact.Path.Kind == ArtifactKind.Cache)
            {
                continue;
            }

            // What is in classes/ may be replaced while it is copied: then this session has the newer one, with the newer one's hash.
            string name = artifact.UnpackedName is null ? artifact.Path.Value : $"{artifact.Path}#{artifact.UnpackedName}";
            await AddFileAsync(name, artifact.Path.Under(source.Directory), isStaged: false, cancellationToken).ConfigureAwait(false);
        }
    }
}
