using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Udf.Worker.Artifacts;

namespace Udf.Worker.Isolation.Internal;

/// <summary>What can be said of an assembly before it is loaded, and is better said then.</summary>
internal static class AssemblyChecks
{
    /// <exception cref="BadImageFormatException">It is none, or was built for a newer runtime than this one.</exception>
    internal static void ThrowIfForANewerRuntime(ArtifactPath path, byte[] content)
    {
        using PEReader reader = new(new MemoryStream(content));
        if (!reader.HasMetadata)
        {
            throw new BadImageFormatException($"'{path}' is no .NET assembly.", path.Name);
        }

        MetadataReader metadata = reader.GetMetadataReader();
        foreach (AssemblyReferenceHandle handle in metadata.AssemblyReferences)
        {
            AssemblyReference reference = metadata.GetAssemblyReference(handle);
            string name = metadata.GetString(reference.Name);
            if (name is "System.Runtime" or "System.Private.CoreLib" && reference.Version.Major > Environment.Version.Major)
            {
                throw new BadImageFormatException(
                    $"'{path}' was built for .NET {reference.Version.Major}, and this worker runs on .NET {Environment.Version}. Build it for an older one, or start the worker on a newer one.", path.Name);
            }
        }
    }
}
